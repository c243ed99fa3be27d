"""What libraries import wherever it is installed, at a cost of its own, and nothing here uses."""

import sys

# Nobody steps through a chapter while a book is built; the debugger takes a third of a kernel's start.
# Nor does anything here check that a text is an international address; putting the grammar for that
# together takes four times as long as importing the rest of Altair.
UNUSED = ("debugpy", "rfc3987_syntax")


def leave_out_unused_imports() -> None:
    """Have this process, and those forked from it, do as if these libraries were not installed.

    IPython and jsonschema do without them where they cannot be imported.
    """
    for name in UNUSED:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]
