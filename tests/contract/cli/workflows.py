"""The workflow files that the tests of the command line run."""

GREETING = """\
name: greeting
params:
  name: {type: str, default: world}
  times: {type: int, default: 1}
stages:
  - name: Say
    id: say
    bash: echo "hello ${{ params.name }} ${{ params.times + 1 }}"
  - name: Nested
    id: nested
    foreach: [a, b]
    stages:
      - name: inner
        bash: echo "${{ item }}"
"""

FAILING = """\
name: failing
stages:
  - name: first
    bash: echo ok
  - name: loop
    foreach: [1, 2]
    stages:
      - name: inner
        bash: |
          echo "looking at ${{ item }}"
          test ${{ item }} = 1
  - name: never
    bash: echo never
"""

TWICE = """\
name: twice
stages:
  - name: twice
    retry: 1
    bash: |
      if mkdir was 2> /dev/null; then echo first; exit 1; fi
      echo second
"""

# Each stage leaves a line in `trace`; `slow` waits until there is a file `go`.
SLOW = """\
name: slow
stages:
  - name: first
    bash: echo first >> trace
  - name: slow
    bash: |
      echo slow >> trace
      echo waiting
      while [ ! -e go ]; do sleep 0.05; done
  - name: last
    bash: echo last >> trace
"""

# A stage that does not listen to TERM.
STUBBORN = """\
name: stubborn
stages:
  - name: only
    bash: |
      trap '' TERM INT
      echo slow >> trace
      echo here
      while true; do sleep 0.1 || true; done
"""

# One item of the loop waits until there is a file `go`.
LOOP = """\
name: loop
stages:
  - name: loop
    foreach: [one, slow, three]
    stages:
      - name: inner
        bash: |
          echo ${{ item }} >> trace
          while [ ${{ item }} = slow ] && [ ! -e go ]; do sleep 0.05; done
"""

ASKING = """\
name: asking
stages:
  - name: gate
    id: gate
    approval: may it go on?
  - name: after
    bash: echo "after ${{ stages.gate.outputs.by }}"
"""

FLAKY = """\
name: flaky
params:
  limit: {type: int, default: 1}
stages:
  - name: first
    bash: echo first >> trace
  - name: second
    bash: |
      echo second >> trace
      test ${{ params.limit }} -gt 5
  - name: third
    bash: echo third >> trace
"""
