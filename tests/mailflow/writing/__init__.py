"""Tests of writing mail."""
