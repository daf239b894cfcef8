"""A conformance suite for LLM proxies: does yours survive what real clients, providers and gateways do?

It stands on both sides of a proxy. As client it sends bytes over raw sockets, as production (and as candidate, for proxies that
mirror) it records what arrives and answers as each case wants: in any chunks, slowly, not at all, with resets and half closes.
No HTTP library puts anything right on the way. Nothing sleeps for luck: that a chunk came through before the next one was sent
is seen by events.

Against your own proxy (plain HTTP/1.1), which must forward to the address where the suite listens:

    python -m tests.conformance --target http://127.0.0.1:8080 --origin-listen 127.0.0.1:9001
    python -m tests.conformance --target http://127.0.0.1:8080 --origin-listen 127.0.0.1:9001 \\
        --candidate-listen 127.0.0.1:9002 --only CT-17,CT-59 --json results.json

Your mirror, if any, must copy every request to `POST /v1/chat/completions` to the candidate's address. Or let the suite start a
proxy that it knows: `--start shadowbench`, `nginx`, `nginx-mirror`, `envoy`, `envoy-mirror`.

It prints one line per case: pass, fail with what was observed, or why the case does not apply. The exit code is 1 when a case
fails, and 4 when nothing could be judged, as with no proxy at the target. A case may have several checks, of five kinds:
`proxy` and `mirror` need nothing but sockets, `started` needs a process that the suite may signal, `parser` and `recorded` look
into shadowbench and apply to nothing else.

`--patience 20` makes CT-68 stream for 20 seconds: longer than the time-outs that you suspect.

    titles       every case in one line                   judging      what a check is, and how it says what it saw
    framing, answers, semantics, lifecycle, mirroring, measurement     the checks, by section
    messages, wires, servers, stand                       bytes, one end of a connection, the servers, where a case stands
    peers        proxies that the suite can start         running, table, page, __main__
"""
