"""All benchmarks, one after the other: `python -m benchmarks`."""

from benchmarks import engine

if __name__ == "__main__":
    raise SystemExit(engine.main())
