"""`shadowbench demo`: the whole thing on one machine with a real small model, to see what one gets.

It starts a model server and `shadowbench serve` as children, sends prompts written for it, and prints the report. It knows
only what a user knows: configuration keys, the command line, HTTP, and the pair log.
"""
