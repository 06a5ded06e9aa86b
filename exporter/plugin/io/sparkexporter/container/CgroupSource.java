package io.sparkexporter.container;

import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.Readings;
import io.sparkexporter.reading.SmallFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads the cgroup of this process, of version 1, 2 or both. Without cgroups there are no readings. */
public final class CgroupSource implements ReadingSource {
  /** A resource manager may move a process soon after its start, and hardly ever later. */
  private static final int READS_PER_SEARCH = 30;

  private final Path root;
  private final SmallFile files = new SmallFile();
  private CgroupV1 first;
  private CgroupV2 second;
  private int reads;

  /** Reads below this root of the file system. */
  public CgroupSource(Path root) {
    this.root = root;
  }

  @Override
  public void read(Readings into) {
    if (reads++ % READS_PER_SEARCH == 0) {
      find();
    }
    // In this order: where both have a controller, version 1 has its limits, and what is set first counts.
    first.read(into);
    if (second != null) {
      second.read(into);
    }
  }

  private void find() {
    String cgroups = files.text(root.resolve("proc/self/cgroup"));
    String mountinfo = files.text(root.resolve("proc/self/mountinfo"));
    List<CgroupMount> mounts = CgroupMount.parse(mountinfo == null ? "" : mountinfo);
    Map<String, CgroupDirectory> controllers = new HashMap<>();
    second = null;
    for (String line : cgroups == null ? new String[0] : cgroups.split("\n")) {
      // "4:memory:/path" in version 1, "0::/path" in version 2
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      if (parts[1].isEmpty()) {
        CgroupDirectory found = CgroupDirectory.find(root, unified(mounts), parts[2]);
        second = found == null ? null : new CgroupV2(found);
      } else {
        for (String controller : parts[1].split(",")) {
          CgroupDirectory found = CgroupDirectory.find(root, having(mounts, controller), parts[2]);
          if (found != null) {
            controllers.put(controller, found);
          }
        }
      }
    }
    first = new CgroupV1(controllers);
  }

  private static List<CgroupMount> unified(List<CgroupMount> mounts) {
    List<CgroupMount> found = new ArrayList<>(mounts);
    found.removeIf(mount -> !mount.unified);
    return found;
  }

  private static List<CgroupMount> having(List<CgroupMount> mounts, String controller) {
    List<CgroupMount> found = new ArrayList<>(mounts);
    found.removeIf(mount -> mount.unified || !mount.controllers.contains(controller));
    return found;
  }
}
