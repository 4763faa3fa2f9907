"""Courses: one file of problems, and everything that is made of it: worksheets, keys, solutions, slides, variants."""
