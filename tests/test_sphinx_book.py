"""Formulas as MathML, and what the extension puts into the site."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.sphinx_book import FormulaError, mathml, unbalanced

MATH = "{http://www.w3.org/1998/Math/MathML}"


@pytest.mark.parametrize(
    "formula",
    [
        r"\rho = \frac{a}{b}",
        r"\sum_{i=1}^n x_i < \sqrt{1-\rho^2}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"\begin{align} a &= b \\ c &= d \end{align}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{otherwise} \end{cases}",
        r"\operatorname{rank}(x) \in \{1, \dots, n\}",
        r"\hat\rho_i^2 \approx \mathbb{E}[X \mid Y]",
        r"\Pr(A) \propto \left( \tfrac12 \right)^{v^\top R\, v}",
    ],
)
def test_a_formula_becomes_well_formed_mathml_that_carries_its_source(formula: str) -> None:
    root = ElementTree.fromstring(mathml(formula, display=True))
    assert root.tag == f"{MATH}math"
    assert root.attrib["display"] == "block"
    assert root.attrib["alttext"] == formula
    assert not any("\\" in (part.text or "") for part in root.iter())


def test_aligned_lines_stand_in_a_table() -> None:
    root = ElementTree.fromstring(mathml(r"\begin{aligned} a &= b \\ c &= d \end{aligned}", display=True))
    rows = list(root.iter(f"{MATH}mtr"))
    assert len(rows) == 2
    assert all(len(row) == 2 for row in rows)


@pytest.mark.parametrize(
    ("formula", "spaces"),
    [(r"\arctan h", 1), (r"\varepsilon\tan\theta", 2), (r"\ln^\gamma K", 1), (r"\ln(x)", 0), ("a b", 0)],
)
def test_the_name_of_a_function_stands_apart_from_what_is_beside_it(formula: str, spaces: int) -> None:
    root = ElementTree.fromstring(mathml(formula, display=False))
    assert [part.attrib["width"] for part in root.iter(f"{MATH}mspace")] == ["0.167em"] * spaces


def test_every_width_is_one_that_browsers_know() -> None:
    root = ElementTree.fromstring(mathml(r"\frac{a}{b}\!x", display=False))
    assert [part.attrib["width"] for part in root.iter(f"{MATH}mspace")] == ["-0.167em"]


@pytest.mark.parametrize(
    ("formula", "fault"),
    [
        (r"\frac{a", "braces"),
        (r"a}{b", "braces"),
        (r"\nonsense x", "nonsense"),
        (r"a & b", "&"),
    ],
)
def test_a_formula_that_cannot_be_read_is_refused(formula: str, fault: str) -> None:
    with pytest.raises(FormulaError, match=fault):
        mathml(formula, display=False)


def test_a_formula_cannot_bring_markup_into_the_page() -> None:
    markup = mathml(r'\text{<script>x</script>" onload="y}', display=False)
    root = ElementTree.fromstring(markup)
    assert "script" not in {part.tag.removeprefix(MATH) for part in root.iter()}
    assert set(root.attrib) == {"alttext", "display"}


@settings(deadline=None)
@given(st.lists(st.sampled_from(["a", "\\{", "\\}", "\\\\", "x^2"])))
def test_wrapping_in_braces_keeps_a_formula_balanced(parts: list[str]) -> None:
    formula = " ".join(parts)
    assert not unbalanced(formula)
    assert not unbalanced(f"{{{formula} }}")
    assert unbalanced(f"{{{formula} ")
