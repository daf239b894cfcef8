"""nginx for streaming: no buffering in either direction, HTTP/1.1 and kept connections, hours of patience, nothing retried.

With `mirror` it takes the same endpoints as shadowbench does and takes the credentials out of the copies, which the manual's
example does not. It must read a request's body before it can mirror it, whatever `proxy_request_buffering` says.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess

from tests.conformance.peers.base import COPIED, CREDENTIALS, Peer

_CONFIG = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
{user}
events {{ worker_connections 1024; }}
http {{
  access_log off;
  default_type application/octet-stream;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  map $http_upgrade $upstream_connection {{ default upgrade; '' ''; }}
  upstream production {{ server 127.0.0.1:{origin}; keepalive 32; }}
  {candidate}
  proxy_http_version 1.1;
  proxy_set_header Host $http_host;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $upstream_connection;
  proxy_buffering off;
  proxy_request_buffering off;
  proxy_read_timeout 1h; proxy_send_timeout 1h;
  proxy_next_upstream off;
  proxy_redirect off;
  proxy_buffer_size 128k; proxy_buffers 8 128k; proxy_busy_buffers_size 256k;
  proxy_pass_header Server; proxy_pass_header Date; proxy_pass_header X-Accel-Buffering;
  large_client_header_buffers 8 128k;
  underscores_in_headers on;
  client_max_body_size 0;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    {mirror}
    location / {{ proxy_pass http://production; }}
  }}
}}
"""
_MIRROR = """
    location ~ {copied} {{ mirror /mirror; proxy_pass http://production; }}
    location = /mirror {{
      internal;
      if ($request_method != POST) {{ return 204; }}
      proxy_set_header Host $http_host;
      proxy_set_header Connection '';
      {without}
      proxy_pass http://candidate$request_uri;
    }}
"""


class Nginx(Peer):
    """nginx as a plain proxy."""

    name = "nginx"
    stop_signal = signal.SIGQUIT

    @classmethod
    def _binary(cls) -> str | None:
        return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

    @classmethod
    def missing(cls) -> str | None:
        return None if cls._binary() else "nginx is not installed (Debian package nginx)"

    @classmethod
    def version(cls) -> str:
        told = subprocess.run([cls._binary() or "nginx", "-v"], capture_output=True, text=True, check=True).stderr
        found = re.search(r"nginx/(\S+)", told)
        return found[1] if found else told.strip()

    def command(self) -> list[str]:
        candidate = f"upstream candidate {{ server 127.0.0.1:{self.candidate_port}; keepalive 32; }}"
        without = "".join(f"proxy_set_header {name} ''; " for name in CREDENTIALS)
        path = self.folder / "nginx.conf"
        path.write_text(
            _CONFIG.format(
                folder=self.folder,
                # Started by root, its workers would become another user, who may not write here.
                user="user root;" if os.geteuid() == 0 else "",
                origin=self.origin_port,
                port=self.port,
                candidate=candidate if self.mirrors else "",
                mirror=_MIRROR.format(copied=COPIED, without=without) if self.mirrors else "",
            )
        )
        return [self._binary() or "nginx", "-c", str(path)]


class NginxMirror(Nginx):
    """nginx with its mirror module."""

    name = "nginx-mirror"
    mirrors = True
