"""Autograder packages: the files that other platforms take, made from an exercise."""
