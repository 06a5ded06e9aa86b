package io.sparkexporter.sample;

import io.sparkexporter.model.Definition;
import io.sparkexporter.model.Kind;
import io.sparkexporter.model.Mode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/** One record of a segment file, as docs/segment-format.md has it. */
final class SegmentRecord {
  static final int HEAD = 24;
  private static final int CRC_AT = 8;
  private static final int METRIC = 1;
  private static final int SERIES = 2;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  final int length;
  final int metric;
  final int cells;
  /** Null if this is a series. */
  final Definition definition;
  /** Null if this is a metric. */
  final List<String> labelValues;

  private SegmentRecord(int length, int metric, int cells, Definition definition, List<String> labelValues) {
    this.length = length;
    this.metric = metric;
    this.cells = cells;
    this.definition = definition;
    this.labelValues = labelValues;
  }

  /** Returns the record that starts at {@code at} and ends before {@code end}, or null if there is no valid one. */
  static SegmentRecord parse(ByteBuffer bytes, int at, int end) {
    int length = end - at < HEAD ? 0 : bytes.getInt(at);
    if (length < HEAD || length > end - at || length % 8 != 0) {
      return null;
    }
    int kind = bytes.get(at + 4);
    int doubles = bytes.getShort(at + 18) & 0xFFFF;
    int textAt = HEAD + 8 * doubles;
    if (kind != METRIC && kind != SERIES || textAt > length) {
      return null;
    }
    if (crc(bytes, at, length, kind == SERIES ? textAt : HEAD) != bytes.getInt(at + CRC_AT)) {
      return null;
    }
    int labels = bytes.getShort(at + 16) & 0xFFFF;
    int texts = kind == METRIC ? labels + 3 : labels;
    List<String> read = texts(bytes, at + textAt, at + length, texts);
    if (read == null) {
      return null;
    }
    int metric = bytes.getInt(at + 12);
    if (kind == SERIES) {
      return new SegmentRecord(length, metric, doubles, null, read);
    }
    Definition definition = definition(bytes, at, doubles, read);
    return definition == null ? null : new SegmentRecord(length, metric, doubles, definition, null);
  }

  /** The checksum leaves out its own field, and the cells of a series, which change all the time. */
  private static int crc(ByteBuffer bytes, int at, int length, int resumeAt) {
    CRC32 crc = new CRC32();
    byte[] array = bytes.array();
    crc.update(array, at, CRC_AT);
    crc.update(array, at + CRC_AT + 4, HEAD - CRC_AT - 4);
    crc.update(array, at + resumeAt, length - resumeAt);
    return (int) crc.getValue();
  }

  private static List<String> texts(ByteBuffer bytes, int from, int end, int count) {
    List<String> texts = new ArrayList<>();
    int at = from;
    for (int i = 0; i < count; i++) {
      int size = end - at < 2 ? -1 : bytes.getShort(at) & 0xFFFF;
      if (size < 0 || size > end - at - 2) {
        return null;
      }
      try {
        ByteBuffer text = ByteBuffer.wrap(bytes.array(), at + 2, size);
        texts.add(StandardCharsets.UTF_8.newDecoder().decode(text).toString());
      } catch (CharacterCodingException notText) {
        return null;
      }
      at += 2 + size;
    }
    return texts;
  }

  private static Definition definition(ByteBuffer bytes, int at, int doubles, List<String> texts) {
    Kind kind = Kind.byCode(bytes.get(at + 5));
    Mode mode = Mode.byCode(bytes.get(at + 6));
    double[] bounds = new double[doubles];
    for (int i = 0; i < doubles; i++) {
      bounds[i] = bytes.getDouble(at + HEAD + 8 * i);
    }
    List<String> labels = texts.subList(3, texts.size());
    boolean fits =
        kind != null
            && (mode != null) == (kind == Kind.GAUGE)
            && (kind == Kind.HISTOGRAM || doubles == 0)
            && areBounds(bounds)
            && NAME.matcher(texts.get(0)).matches()
            && labels.stream().allMatch(label -> NAME.matcher(label).matches())
            && new HashSet<>(labels).size() == labels.size();
    return fits ? new Definition(kind, mode, texts.get(0), texts.get(1), texts.get(2), labels, bounds) : null;
  }

  private static boolean areBounds(double[] bounds) {
    for (int i = 1; i < bounds.length; i++) {
      if (!(bounds[i - 1] < bounds[i])) {
        return false;
      }
    }
    return Arrays.stream(bounds).allMatch(Double::isFinite);
  }
}
