"""How judges are asked: calls to models over HTTP that are cached, budgeted, bounded, tried again and all accounted for.

What decides is pure: `addresses`, `bodies`, `accepted`, `faults`, `retry`, `allowance`, `health`, `keys`, `costs`, `vectors`. A
`transport` sends one request, `attempts` enters each in the log, a lane (`lanes`) says who may send now, a `caller` calls until
there is an answer or no hope of one, an `asker` puts a question through all of it, and `desk` makes the askers of one worker,
which share what belongs to an endpoint. `embeddings` compares texts by vectors. Nothing here knows what a question means.
"""
