"""A web configuration with its files, and clients of a daemon that serves with it."""

import json
import subprocess
from pathlib import Path

import bcrypt
import yaml
from fake_driver import PATIENCE

from certificates import Authority

ROUNDS = 4
"""As few as bcrypt takes: tests have no time for safety."""


def hashed(password, rounds=ROUNDS):
    """Return the bcrypt hash of a password."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds)).decode()


class Secured:
    """A directory with an authority, a server's certificate and the configuration that names it."""

    def __init__(self, directory):
        self.directory = directory
        self.path = directory / "web-config.yml"
        self.authority = Authority(directory)
        self.certificate, self.key = self.authority.server("server")

    @property
    def tls(self):
        """Return the part about TLS, with relative paths."""
        return {"cert_file": self.certificate.name, "key_file": self.key.name}

    def write(self, **parts):
        """Write the configuration as another file in its place, as a mounted Secret changes."""
        self.write_text(yaml.safe_dump(parts))

    def write_text(self, text):
        new = self.directory / "new.yml"
        new.write_text(text)
        new.replace(self.path)

    def mutual(self, policy="RequireAndVerifyClientCert"):
        """Return the part about TLS with clients that need certificates of the same authority."""
        return self.tls | {"client_ca_file": self.authority.certificate.name, "client_auth_type": policy}

    def curl(self, url, *arguments):
        """Return the status and the body of an answer to curl, or curl's exit code and its message."""
        form = '\n{"status": %{http_code}, "proxied": "%{http_version}"}'
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", str(PATIENCE)]
        command += ["--cacert", str(self.authority.certificate), "--write-out", form, *arguments, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.returncode, done.stderr
        body, _, written = done.stdout.rpartition("\n")
        return json.loads(written)["status"], body

    def client(self, name="prometheus"):
        """Return arguments of curl for a client with a certificate."""
        certificate, key = self.authority.user(name)
        return ["--cert", str(certificate), "--key", str(key)]


def another_server(secured):
    """Put another certificate and its key in the place of the server's."""
    directory = secured.directory / "next"
    directory.mkdir()
    other = Authority(directory)
    for new, old in zip(other.server("server"), (secured.certificate, secured.key), strict=True):
        Path(new).replace(old)
    return other
