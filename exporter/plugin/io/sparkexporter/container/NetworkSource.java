package io.sparkexporter.container;

import io.sparkexporter.reading.ReadingSource;
import io.sparkexporter.reading.Readings;
import io.sparkexporter.reading.SmallFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Adds up the network interfaces that this process sees, without loopback. The sums never go back. */
public final class NetworkSource implements ReadingSource {
  private static final String[] NAMES = {
    "container.network.receive.bytes",
    "container.network.receive.packets",
    "container.network.receive.errors",
    "container.network.receive.drops",
    "container.network.transmit.bytes",
    "container.network.transmit.packets",
    "container.network.transmit.errors",
    "container.network.transmit.drops",
  };
  /** Where the numbers stand in a line. */
  private static final int[] COLUMNS = {0, 1, 2, 3, 8, 9, 10, 11};

  private final Path file;
  private final SmallFile files = new SmallFile();
  private final double[] sums = new double[NAMES.length];
  private Map<String, double[]> last = new HashMap<>();

  /** Reads below this root of the file system. */
  public NetworkSource(Path root) {
    this.file = root.resolve("proc/self/net/dev");
  }

  @Override
  public void read(Readings into) {
    String text = files.text(file);
    if (text == null) {
      return;
    }
    Map<String, double[]> now = new HashMap<>();
    for (String line : text.split("\n")) {
      // "  eth0: 1 2 3 ...": eight numbers of what was received, then eight of what was sent
      int colon = line.indexOf(':');
      String[] words = colon < 0 ? new String[0] : line.substring(colon + 1).trim().split("\\s+");
      String name = colon < 0 ? "lo" : line.substring(0, colon).trim();
      if (words.length >= 16 && !name.equals("lo")) {
        now.put(name, counts(words));
      }
    }
    now.forEach((name, counts) -> add(last.get(name), counts));
    last = now;
    for (int i = 0; i < NAMES.length; i++) {
      into.set(NAMES[i], sums[i]);
    }
  }

  private static double[] counts(String[] words) {
    double[] counts = new double[COLUMNS.length];
    for (int i = 0; i < COLUMNS.length; i++) {
      counts[i] = SmallFile.number(words[COLUMNS[i]]);
    }
    return counts;
  }

  /** An interface may go, and one of the same name come that starts from zero. */
  private void add(double[] before, double[] now) {
    for (int i = 0; i < sums.length; i++) {
      double known = before == null || !(now[i] >= before[i]) ? 0 : before[i];
      sums[i] += Double.isNaN(now[i]) ? 0 : now[i] - known;
    }
  }
}
