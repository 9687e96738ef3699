"""The programs that every script finds on its PATH, and the packages that they come in."""

from collections.abc import Mapping

COREUTILS = """\
[ arch b2sum base32 base64 basename basenc cat chgrp chmod chown cksum comm cp csplit cut date dd df dir dircolors
dirname du echo env expand expr factor false fmt fold groups head id install join link ln ls md5sum mkdir mkfifo mknod
mktemp mv nice nl nohup nproc numfmt od paste pathchk pr printenv printf ptx pwd readlink realpath rm rmdir seq sha1sum
sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout
touch tr true truncate tsort tty uname unexpand uniq unlink vdir wc whoami yes"""
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "bash": ("bash",),
    "coreutils": tuple(COREUTILS.split()),
    "findutils": ("find", "xargs"),
    "sed": ("sed",),
    "gawk": ("gawk",),
    "grep": ("grep", "egrep", "fgrep"),
    "jq": ("jq",),
}
ALIASES: Mapping[str, str] = {"sh": "bash", "awk": "gawk"}
PROGRAMS = tuple(program for programs in PACKAGES.values() for program in programs)
BASE_TOOLS = frozenset({*PROGRAMS, *ALIASES})
PACKAGE_OF: Mapping[str, str] = {program: package for package, programs in PACKAGES.items() for program in programs}
