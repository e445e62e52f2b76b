"""A receiver of webhooks."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server:
    """A receiver on loopback that answers as it is told to; the last answer repeats."""

    def __init__(self, *answers, tls=None):
        self.answers, self.taken = list(answers), []
        self.go_on = threading.Event()
        self.begun = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.taken.append((self.path, headers, body))
                outer.begun.set()
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                if answer == "hang":
                    outer.go_on.wait()
                    return
                if answer == "drip":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nSlow: ")
                    with contextlib.suppress(OSError):
                        while not outer.go_on.wait(0.01):
                            self.wfile.write(b"x")
                    return
                if answer == "noise":
                    self.wfile.write(b"nonsense\r\n\r\n")
                    return
                if answer == "wait":
                    outer.go_on.wait()
                    answer = 200
                self.send_response(answer)
                if 300 <= answer < 400:
                    self.send_header("Location", f"http://127.0.0.1:{outer.port}/elsewhere")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def close(self):
        self.go_on.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
