"""What leaves a proxy for what came in, byte by byte: does anything read as two requests that was one, or as another's body?

`reader` is an HTTP/1.1 reader of its own that forgives nothing, `second_opinion` is h11; `request_cases` and `response_cases`
are the named malformed messages, `verdict` compares. The proxy is only ever met through sockets, so that the cases serve for
any: `python -m tests.conformance.differential --target http://127.0.0.1:8080 --origin-listen 127.0.0.1:9000`.
"""
