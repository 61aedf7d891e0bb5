"""Tests of the house itself: its locks, its arrows and the ground its tests stand on."""
