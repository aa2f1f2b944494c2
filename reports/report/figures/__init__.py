"""Figures of the report: one module a kind, all in one style."""
