"""How judges are asked: calls to models over HTTP that are cached, budgeted, bounded, tried again and all accounted for.

`addresses`, `bodies`, `accepted`, `faults`, `retry`, `allowance`, `keys` and `costs` decide and are pure; `transport` sends one
request; `lanes` says who may send now; `attempts` enters each attempt in the log; `asker` puts a question through all of it,
and `desk` makes the askers of one worker, which share what belongs to an endpoint. `embeddings` compares texts by vectors.
Nothing here knows what a question means.
"""
