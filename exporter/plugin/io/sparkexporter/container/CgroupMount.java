package io.sparkexporter.container;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A line of /proc/self/mountinfo that mounts cgroups. */
final class CgroupMount {
  /** Whether it is the one hierarchy of version 2. */
  final boolean unified;
  /** Of version 1. */
  final Set<String> controllers;
  /** Which cgroup is seen at {@link #point}. */
  final String root;
  final String point;

  private CgroupMount(boolean unified, Set<String> controllers, String root, String point) {
    this.unified = unified;
    this.controllers = controllers;
    this.root = root;
    this.point = point;
  }

  /** Returns the mounts of cgroups in the text of a mountinfo; lines of any other form are passed over. */
  static List<CgroupMount> parse(String mountinfo) {
    List<CgroupMount> mounts = new ArrayList<>();
    for (String line : mountinfo.split("\n")) {
      // ID, parent, device, root, mount point, options, any number of tags, "-", type, source, options of the file system
      List<String> fields = Arrays.asList(line.split(" "));
      int dash = fields.indexOf("-");
      if (dash < 6 || fields.size() < dash + 4) {
        continue;
      }
      String type = fields.get(dash + 1);
      if (type.equals("cgroup") || type.equals("cgroup2")) {
        Set<String> options = new HashSet<>(Arrays.asList(fields.get(dash + 3).split(",")));
        mounts.add(
            new CgroupMount(
                type.equals("cgroup2"), options, unescaped(fields.get(3)), unescaped(fields.get(4))));
      }
    }
    return mounts;
  }

  /** The kernel writes space, tab, newline and backslash as three octal digits. */
  private static String unescaped(String field) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\' && field.substring(i + 1).matches("(?s)[0-3][0-7]{2}.*")) {
        text.append((char) Integer.parseInt(field.substring(i + 1, i + 4), 8));
        i += 3;
      } else {
        text.append(c);
      }
    }
    return text.toString();
  }

  /** Returns where below the mount point the cgroup is seen; null if this mount does not show it. */
  String below(String cgroup) {
    if (root.equals("/")) {
      return cgroup;
    }
    if (cgroup.equals(root)) {
      return "/";
    }
    return cgroup.startsWith(root + "/") ? cgroup.substring(root.length()) : null;
  }
}
