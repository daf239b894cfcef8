"""shadowbench: mirror LLM traffic to candidate models, log both answers as pairs, compare them.

The package itself holds nothing but its version: a worker imports only what it uses.
"""

__version__ = "0.1.0"
