"""The executable of a job, as text: it makes the surroundings that a script is promised, and then becomes the script.

The author's text stays a file of its own, so that bash speaks of its lines, and traps, exit codes and signals are the
author's alone. What differs from run to run comes from outside: `$out`, and each input as a name and a path.
"""

import shlex
from collections.abc import Mapping, Sequence

from stageline.errors import DocumentError
from stageline.lab.model import Ingredients
from stageline.lab.scalar import quote

PATIENCE = 30
NO_INPUT = 66
_BEGIN = """\
#!/usr/bin/env bash
# Runs {text}, beside this file: out=FOLDER bash {name} [INPUT PATH]...
set -euo pipefail
declare -A inputs=() params=({params})
__begin() {{
  local name until=$((SECONDS + {patience})) left=()
  while (($#)); do
    inputs[$1]=$2
    [[ $2 == /* ]] || inputs[$1]=$PWD/$2
    shift 2
  done
  : "${{out:?names the folder for the outputs}}"
  [[ $out == /* ]] || out=$PWD/$out
  export out
  [[ $__text == /* ]] || __text=$PWD/$__text
  [[ -d $out ]] || mkdir -p -- "$out"
  cd -- "$out"
  shopt -s nullglob dotglob
  left=(*)
  shopt -u nullglob dotglob
  if ((${{#left[@]}})); then
    chmod -R u+rwX .
    find . -mindepth 1 -delete
  fi
  for name in "${{!inputs[@]}}"; do
    until {{ true <"${{inputs[$name]}}"; }} 2>&-; do
      if ((SECONDS >= until)); then
        printf 'the input %s cannot be opened, after {patience} s: %s\\n' "$name" "${{inputs[$name]}}" >&2
        exit {no_input}
      fi
      sleep 0.1
    done
  done
}}
__text=${{BASH_SOURCE[0]}}.sh
__begin "$@"
{files}set --
unset -f __begin
source "$__text"
"""

_FILE = """\
params[{name}]=${{inputs[{input}]}}
unset 'inputs[{input}]'
"""


def job_files(of: Ingredients, name: str = "", patience: int = PATIENCE) -> dict[str, str]:
    """The files of a job's `bin` by name: the executable first, the author's script, and the program of a function.

    The executable is called `name`, or like the job.
    """
    name = name or of.pname
    files = {name: executable_text(name, of, patience), f"{name}.sh": of.script}
    return {**files, f"{of.pname}.py": of.program} if of.program else files


def executable_text(name: str, of: Ingredients, patience: int = PATIENCE) -> str:
    """The text of the executable; it waits so many seconds for inputs that cannot be opened yet."""
    pairs = [f"[{shlex.quote(key)}]={quote(param.value)}" for key, param in of.params.items() if not param.digest]
    params = "\n  ".join(["", *pairs]) + "\n" if pairs else ""
    files = "".join(_FILE.format(name=key, input=file_input(key)) for key, param in of.params.items() if param.digest)
    return _BEGIN.format(name=name, text=f"{name}.sh", params=params, files=files, patience=patience, no_input=NO_INPUT)


def file_input(param: str) -> str:
    """The name under which the file that a parameter names is handed over."""
    return f"params.{param}"


def job_argv(bash: Sequence[str], executable: str, inputs: Mapping[str, str]) -> tuple[str, ...]:
    """The command of a job: `bash` is how that program is started, `inputs` are absolute paths where it runs."""
    return (*bash, executable, *(word for pair in inputs.items() for word in pair))


def job_environment(out: str, path: Sequence[str], locales: str = "") -> dict[str, str]:
    """All variables of a job: `path` are the folders of its tools, `locales` is where these find their locale."""
    for folder in (*path, locales):
        if ":" in folder:
            raise DocumentError(f"{folder}: tools cannot be used from below a folder with a colon in its name; move it")
    found = {"out": out, "PATH": ":".join(path), "LANG": "C.UTF-8"}
    return {**found, "LOCPATH": locales} if locales else found
