"""The book as a course: exercises that check themselves."""

from __future__ import annotations

from analysis.course.checks import check

__all__ = ["check"]
