"""Answers that something else gathered: published evaluations, other tools' files and anybody's spreadsheets, as pairs.

A shape (`shapes`, read from YAML by `shape_files`) tells where in a row everything stands. Rows are read one by one (`reading`,
`joining`), made into exchanges and given scores (`answers`, `given_scores`; both pure), and put into a log (`placing`).
"""
