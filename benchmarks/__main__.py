"""All benchmarks, one after the other, and their table in the README: `python -m benchmarks`."""

from benchmarks import cli, commands, dask, document, engine, lab, lab_build, lab_read, readme, stages

if __name__ == "__main__":
    for benchmark in (engine, stages, commands, document, dask, cli, lab, lab_build, lab_read):
        benchmark.main()
    readme.write()
