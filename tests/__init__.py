"""Tests, sorted as the house is: one folder a room."""
