PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

.PHONY: book test lab lock clean

book: $(READY)
	$(VENV)/bin/compendium build

test: $(READY)
	$(VENV)/bin/python -m pytest

lab: $(READY)
	$(VENV)/bin/jupyter lab chapters

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear $(VENV)
	$(VENV)/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	$(VENV)/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $(READY)

lock:
	uv pip compile pyproject.toml --extra test --extra formats --extra class --extra live --extra cluster --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" --output-file requirements.lock

clean:
	rm -rf _build $(VENV)
