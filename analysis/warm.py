"""Imported first in the warm parent, for its effect: what every process forked from it would do again.

Imports make hundreds of thousands of objects that stay, and the garbage collector looks through them
again and again; without it they take a fifth less time. Each worker switches it on again. And both
the notebook format and a table's schema are checked by code that is put together at first use.
"""

import gc

from analysis.unused_imports import leave_out_unused_imports

leave_out_unused_imports()

import nbformat  # noqa: E402
import pandas  # noqa: E402
import pandera.pandas  # noqa: E402

gc.disable()
nbformat.validate(nbformat.v4.new_notebook())
pandera.pandas.DataFrameSchema().validate(pandas.DataFrame())
