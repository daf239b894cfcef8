"""From the log's columns and the policy to the document. Pure functions of both; reading is the log's.

arms        one candidate's pairs: which count, whose side failed, weights, clusters
values      one measure over an arm's pairs, and what failures count as
comparing, latencies, costing, slicing, timeline, …      each a part of the document, from arms and values
families    corrections for many comparisons
deciding, finding, recommending                          conclusions, from parts of the document alone
analysing   all of it in order
"""
