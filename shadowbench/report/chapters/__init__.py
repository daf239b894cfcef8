"""The report as chapters of lines and tables, in plain words: what terminal and Markdown draw, each in its way.

nouns       chapters, tables, rows, lines
cells       estimates in the little room of a table
verdicts, overview, notes, matrix, times, money, slicing, course, judging, ranking, funnel, pairs, methods      chapters
contents    all of them, in the order they are read in

From the document alone; no markup, no colours, no widths.
"""
