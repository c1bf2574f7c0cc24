"""A PostgreSQL server beside the cluster, where pods reach it: in the network namespace of the nodes, with TLS and a password, as durable as a real one."""

import glob
import os
import shutil

from bed import BESIDE, NETNS, ROOT, WORK, run

PASSWORD = "of-a-test"


class Database:
    url = f"postgres://crossdock:{PASSWORD}@{BESIDE}:5432/crossdock"

    def __init__(self):
        run(ROOT / "tests/install-postgres")
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.home = WORK / "postgres"
        self.home.mkdir()
        WORK.chmod(0o755)
        shutil.chown(self.home, "postgres", "postgres")
        self.authority = self.home / "authority.pem"
        (self.home / "password").write_text(PASSWORD)
        (self.home / "password").chmod(0o644)
        self._as(f"{self.bin}/initdb", "-D", self.home / "data", "-U", "crossdock", "-A", "scram-sha-256", f"--pwfile={self.home}/password", "-E", "UTF8", "--locale=C")
        self._certify()
        with open(self.home / "data/pg_hba.conf", "a") as rules:
            rules.write("hostssl all all 10.0.0.0/8 scram-sha-256\n")
        with open(self.home / "data/postgresql.conf", "a") as settings:
            settings.write(
                f"listen_addresses = '{BESIDE}'\nunix_socket_directories = '{self.home}'\nmax_connections = 400\n"
                f"ssl = on\nssl_cert_file = '{self.home}/server.pem'\nssl_key_file = '{self.home}/server.key'\n"
            )
        self.start()
        self._as(f"{self.bin}/createdb", "-h", self.home, "-U", "crossdock", "-T", "template0", "crossdock", env={**os.environ, "PGPASSWORD": PASSWORD})

    def _as(self, *command, **more):
        """As PostgreSQL's own user, since it refuses to be root's, and where pods are."""
        account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
        return run("nsenter", f"--net=/run/netns/{NETNS}", "--", *account, *command, cwd=self.home, **more)

    def _certify(self):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        at = self.home
        run("openssl", "req", "-x509", *key, "-days", "2", "-keyout", at / "authority.key", "-out", self.authority, "-subj", "/CN=authority of the database", "-addext", "basicConstraints=critical,CA:TRUE")
        run("openssl", "req", *key, "-keyout", at / "server.key", "-out", at / "server.csr", "-subj", "/CN=database")
        (at / "names").write_text(f"subjectAltName=IP:{BESIDE}\n")
        run("openssl", "x509", "-req", "-in", at / "server.csr", "-CA", self.authority, "-CAkey", at / "authority.key", "-days", "2", "-out", at / "server.pem", "-extfile", at / "names")
        shutil.chown(at / "server.key", "postgres", "postgres")

    def start(self):
        self._as(f"{self.bin}/pg_ctl", "-D", self.home / "data", "-l", self.home / "log", "-w", "-t", "60", "start")

    def stop(self):
        self._as(f"{self.bin}/pg_ctl", "-D", self.home / "data", "-m", "fast", "-w", "stop")

    def remove(self):
        if (self.home / "data/postmaster.pid").exists():
            self._as(f"{self.bin}/pg_ctl", "-D", self.home / "data", "-m", "immediate", "-w", "stop")
