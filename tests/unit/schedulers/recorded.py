"""What the programs of Slurm 22.05 have said to us, of arrays whose ends were all different."""

QUEUE = """\
6|0-99|PENDING|PartitionDown||stageline-t6
7|1,3,5-7,20,22,24,26,28,30%3|PENDING|PartitionDown||wrap
1|6|COMPLETED|None|n28901|stageline-tok1
1|4|COMPLETING|None|n28902|stageline-tok1
1|1|FAILED|NonZeroExitCode|n28901|stageline-tok1
1|2|FAILED|JobLaunchFailure|n28901|stageline-tok1
2|0|OUT_OF_MEMORY|OutOfMemory|n28902|stageline-tok2
1|5|RUNNING|None|n28902|stageline-tok1
4|0|TIMEOUT|TimeLimit|n28903|stageline-tok3
5|0|NODE_FAIL|NodeDown|n28904|stageline-tok4
99|N/A|RUNNING|None|n28904|somebody's
"""

ACCOUNTS = """\
1_0|COMPLETED|0:0|n28901|100M|UNLIMITED|stageline-tok1
1_1|FAILED|7:0|n28901|100M|UNLIMITED|stageline-tok1
1_2|FAILED|0:9|n28901|100M|UNLIMITED|stageline-tok1
1_4|CANCELLED by 1000|0:0|n28902|100M|UNLIMITED|stageline-tok1
1_[6-8%2]|PENDING|0:0|None assigned|100M|UNLIMITED|stageline-tok1
2_0|OUT_OF_MEMORY|0:125|n28902|50M|UNLIMITED|stageline-tok2
4_0|TIMEOUT|0:0|n28903|100M|00:01:00|stageline-tok3
99|RUNNING|0:0|n28904|100M|UNLIMITED|somebody's
"""

JOBS = """\
JobId=9 ArrayJobId=1 ArrayTaskId=1 ArrayTaskThrottle=6 JobName=stageline-tok1 UserId=root(0) JobState=FAILED \
Reason=NonZeroExitCode Dependency=(null) Requeue=0 Restarts=0 ExitCode=7:0 TimeLimit=UNLIMITED NodeList=n28901
JobId=11 ArrayJobId=1 ArrayTaskId=3 JobName=stageline-tok1 UserId=root(0) JobState=FAILED \
Reason=JobLaunchFailure Dependency=(null) Requeue=0 ExitCode=0:15 TimeLimit=UNLIMITED NodeList=n28901
JobId=1 ArrayJobId=1 ArrayTaskId=6-7 JobName=stageline-tok1 UserId=root(0) JobState=PENDING \
Reason=Resources ExitCode=0:0 TimeLimit=UNLIMITED NodeList=(null)
JobId=50 JobName=wrap UserId=root(0) JobState=RUNNING Reason=None ExitCode=0:0
"""

CONFIG = """\
Configuration data as of 2026-11-26T08:06:30
AccountingStorageType   = accounting_storage/slurmdbd
ClusterName             = stageline
KillWait                = 2 sec
MaxArraySize            = 1001
MaxJobCount             = 10000
SlurmctldHost[0]        = vm
SlurmctldPort           = 6817
SLURM_VERSION           = 22.05.8

Slurmctld(primary) at vm is UP
"""

PARTITIONS = """\
main*|up|infinite|2
main*|up|infinite|2
short|up|5:00|2
down|down|infinite|1
"""

LOG = {
    "canceled": "slurmstepd-n28902: error: *** JOB 12 ON n28902 CANCELLED AT 2026-11-26T08:06:12 ***",
    "timeout": "slurmstepd-n28903: error: *** JOB 4 ON n28903 CANCELLED AT 2026-11-26T08:07:17 DUE TO TIME LIMIT ***",
    "node": "slurmstepd-n28904: error: *** JOB 5 ON n28904 CANCELLED AT 2026-11-26T08:06:12 DUE TO NODE FAILURE, "
    "SEE SLURMCTLD LOG FOR DETAILS ***",
    "memory": "slurmstepd-n28902: error: Detected 1 oom-kill event(s) in StepId=2.batch. Some of your processes may "
    "have been killed by the cgroup out-of-memory handler.",
    # of its source, and not heard here
    "preempted": "slurmstepd-n1: error: *** JOB 8 ON n1 CANCELLED AT 2026-11-26T08:06:12 DUE TO PREEMPTION ***",
}

REFUSED = """\
sbatch: error: invalid partition specified: none
sbatch: error: Batch job submission failed: Invalid partition name specified
"""
