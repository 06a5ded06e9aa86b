package io.sparkexporter.sample;

import io.sparkexporter.model.Drops;
import io.sparkexporter.model.Reason;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;

/** The segment files of the Python processes beside this JVM. */
public final class SegmentDirectory implements Source {
  private static final Pattern NAME = Pattern.compile("\\d{1,10}-[0-9a-f]{16}-\\d{1,9}\\.seg");
  /** Each open file holds a descriptor. What exceeds it is read as soon as other processes have ended. */
  private static final int MAX_OPEN = 256;
  /** A driver has one Python process, which may have grown a few segments. */
  private static final int MAX_KEPT = 64;

  private final Path directory;
  private final Drops drops;
  private final BiConsumer<String, Throwable> warnings;
  private final SegmentBytes bytes = new SegmentBytes();
  private final Map<String, SegmentFile> open = new LinkedHashMap<>();
  private final List<SegmentFile> kept = new ArrayList<>();
  private final Set<String> done = new HashSet<>();
  private final double[] droppedByEnded = new double[Reason.IN_SEGMENT];

  /**
   * Reads the segments in a directory.
   *
   * @param warnings gets a sentence when a file cannot be read or removed
   */
  public SegmentDirectory(Path directory, Drops drops, BiConsumer<String, Throwable> warnings) {
    this.directory = directory;
    this.drops = drops;
    this.warnings = warnings;
  }

  /** Makes the directory, for this user alone. */
  public static void make(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      Files.createDirectory(directory);
    }
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
  }

  @Override
  public void read(SeriesTable table) {
    openNew();
    for (Iterator<Map.Entry<String, SegmentFile>> files = open.entrySet().iterator(); files.hasNext(); ) {
      Map.Entry<String, SegmentFile> entry = files.next();
      try {
        if (readOne(entry.getKey(), entry.getValue(), table)) {
          files.remove();
        }
      } catch (IOException | RuntimeException failure) {
        warnings.accept("cannot read the segment " + entry.getKey() + "; its last values stay", failure);
      }
    }
  }

  private void openNew() {
    Set<String> present = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (NAME.matcher(name).matches()) {
          present.add(name);
          if (!open.containsKey(name) && !done.contains(name) && open.size() < MAX_OPEN) {
            openOne(name, file);
          }
        }
      }
      done.retainAll(present);
    } catch (NoSuchFileException gone) {
      // Spark removes its local directories when it stops; the open files can still be read.
    } catch (IOException | RuntimeException failure) {
      warnings.accept("cannot list " + directory, failure);
    }
  }

  private void openOne(String name, Path file) {
    try {
      // To open a pipe would block.
      if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        open.put(name, new SegmentFile(file, drops));
      }
    } catch (NoSuchFileException gone) {
      // It was there a moment ago; nothing is lost that we could have.
    } catch (IOException failure) {
      warnings.accept("cannot open the segment " + name, failure);
    }
  }

  /** Returns whether the file is done with. */
  private boolean readOne(String name, SegmentFile file, SeriesTable table) throws IOException {
    // In this order: what is read after the writer has gone is final.
    boolean gone = file.isWriterGone();
    file.read(bytes, table, gone);
    if (gone) {
      retire(name, file);
    }
    return gone;
  }

  private void retire(String name, SegmentFile file) {
    // Remembered, so that a file that cannot be removed is not counted twice.
    done.add(name);
    file.fold();
    for (int i = 0; i < droppedByEnded.length; i++) {
      droppedByEnded[i] += file.dropped(i);
    }
    if (file.isDriver() && kept.size() < MAX_KEPT) {
      file.keepLiveGauges();
      kept.add(file);
    }
    try {
      file.close();
      Files.deleteIfExists(directory.resolve(name));
    } catch (IOException failure) {
      warnings.accept("cannot remove the segment " + name + " of an ended process", failure);
    }
  }

  @Override
  public void contribute() {
    for (SegmentFile file : open.values()) {
      file.contribute();
    }
    for (int i = 0; i < kept.size(); i++) {
      kept.get(i).contribute();
    }
  }

  @Override
  public int segments() {
    return open.size();
  }

  @Override
  public double dropped(Reason reason) {
    if (reason.ordinal() >= Reason.IN_SEGMENT) {
      return 0;
    }
    double sum = droppedByEnded[reason.ordinal()];
    for (SegmentFile file : open.values()) {
      sum += file.dropped(reason.ordinal());
    }
    return sum;
  }
}
