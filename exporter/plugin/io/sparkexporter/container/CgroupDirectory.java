package io.sparkexporter.container;

import io.sparkexporter.reading.SmallFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** The files of one cgroup, and of those above it that can be seen. */
final class CgroupDirectory {
  private final SmallFile files = new SmallFile();
  /** From the cgroup itself to the mount point. */
  private final List<Path> levels = new ArrayList<>();

  private CgroupDirectory(Path mount, Path own) {
    for (Path level = own; level != null && level.startsWith(mount); level = level.getParent()) {
      levels.add(level);
    }
  }

  /**
   * Finds the directory of a cgroup; the root of a hierarchy is not one: what the kernel tells there is the machine's.
   *
   * @param root of the file system
   * @param mounts those that may show it
   * @param cgroup its path as /proc/self/cgroup has it
   * @return null if no mount shows it, or the process is in no cgroup below the root
   */
  static CgroupDirectory find(Path root, List<CgroupMount> mounts, String cgroup) {
    CgroupDirectory seen = seen(root, mounts, cgroup);
    return seen == null || seen.isMachine() ? null : seen;
  }

  private static CgroupDirectory seen(Path root, List<CgroupMount> mounts, String cgroup) {
    for (CgroupMount mount : mounts) {
      String below = mount.below(cgroup);
      Path point = under(root, mount.point);
      if (below != null) {
        Path own = under(point, below);
        // In a namespace of its own, the path may lead out of what is mounted.
        return new CgroupDirectory(point, own.startsWith(point) && Files.isDirectory(own) ? own : point);
      }
    }
    return mounts.isEmpty() ? null : shownByNone(under(root, mounts.get(0).point));
  }

  /** A container's runtime often mounts the container's own cgroup, under a path of which the container knows nothing. */
  private static CgroupDirectory shownByNone(Path point) {
    return new CgroupDirectory(point, point);
  }

  /**
   * Says whether this is the true root of its hierarchy. In a namespace or a mount of its own, a container's cgroup has
   * the path "/", too; but the kernel gives these files to the true root alone, or to all others.
   */
  private boolean isMachine() {
    return exists("release_agent") || exists("cgroup.controllers") && !exists("cgroup.events");
  }

  private boolean exists(String name) {
    return Files.exists(levels.get(0).resolve(name));
  }

  private static Path under(Path parent, String path) {
    return parent.resolve(path.replaceFirst("^/+", "")).normalize();
  }

  /** Returns the text of a file of the cgroup, or null. */
  String text(String name) {
    return files.text(levels.get(0).resolve(name));
  }

  /** Returns the number in a file of the cgroup, or NaN. */
  double number(String name) {
    return files.number(levels.get(0).resolve(name));
  }

  /** Returns the least of what the function makes of the cgroups from this one up; NaN if that is nothing. */
  double least(ToDoubleFunction<Level> limit) {
    double least = Double.NaN;
    for (Path level : levels) {
      double one = limit.applyAsDouble(name -> files.text(level.resolve(name)));
      if (!(least <= one)) {
        least = Double.isNaN(one) ? least : one;
      }
    }
    return least;
  }

  /** One of the cgroups. */
  interface Level {
    /** Returns the text of a file, or null. */
    String text(String name);
  }
}
