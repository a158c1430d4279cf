"""A django-q2 cluster that survives the death, and the silence, of any of its processes.

django-q2 1.11 has ways to go quietly deaf (checked by tests/cluster): a worker that is killed
while it waits for a task leaves the queue's read lock taken, so that the worker put in its
place never hears of a task; results may stop to arrive; a stopped guard guards nobody; and a
cluster whose first process is killed leaves its children working on, so that a restart makes
two clusters. So:

* the cluster (cluster.py) runs in a process group of its own; an unexplained death in it, or a
  queue in it that does not carry any more, ends the whole group. The outbox holds what must be
  done, so a task that is lost this way costs time, never an edit;
* every process of the cluster asks the kernel to be killed when its parent dies;
* the supervisor (supervisor.py) starts a fresh cluster for one that ended, or whose guard is
  silent. It touches no database and no queue, so that nothing can keep it from that, or from
  stopping when it is told to;
* the pulse (pulse.py), a process beside the cluster, tells the web side that we are alive, sees
  to it that the periodic tasks run whatever became of the queue, and gives back what a dead
  cluster held.
"""

from icloud_sync.worker.processes import die_with_parent
from icloud_sync.worker.supervisor import Supervisor

__all__ = ["Supervisor", "die_with_parent"]
