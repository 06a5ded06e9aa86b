package guest;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.connector.catalog.SupportsRead;
import org.apache.spark.sql.connector.catalog.SupportsWrite;
import org.apache.spark.sql.connector.catalog.Table;
import org.apache.spark.sql.connector.catalog.TableCapability;
import org.apache.spark.sql.connector.catalog.TableProvider;
import org.apache.spark.sql.connector.expressions.Transform;
import org.apache.spark.sql.connector.read.InputPartition;
import org.apache.spark.sql.connector.read.PartitionReaderFactory;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.streaming.MicroBatchStream;
import org.apache.spark.sql.connector.read.streaming.Offset;
import org.apache.spark.sql.connector.read.streaming.ReadLimit;
import org.apache.spark.sql.connector.read.streaming.ReportsSinkMetrics;
import org.apache.spark.sql.connector.read.streaming.ReportsSourceMetrics;
import org.apache.spark.sql.connector.read.streaming.SupportsAdmissionControl;
import org.apache.spark.sql.connector.write.DataWriter;
import org.apache.spark.sql.connector.write.LogicalWriteInfo;
import org.apache.spark.sql.connector.write.PhysicalWriteInfo;
import org.apache.spark.sql.connector.write.Write;
import org.apache.spark.sql.connector.write.WriteBuilder;
import org.apache.spark.sql.connector.write.WriterCommitMessage;
import org.apache.spark.sql.connector.write.streaming.StreamingDataWriterFactory;
import org.apache.spark.sql.connector.write.streaming.StreamingWrite;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * A streaming source that is always behind and says how far, as Kafka's does, and a sink with a metric of its own. Its
 * batches have no rows.
 */
public final class Behind implements TableProvider {
  private static final StructType SCHEMA = new StructType().add("number", "long");

  @Override
  public StructType inferSchema(CaseInsensitiveStringMap options) {
    return SCHEMA;
  }

  @Override
  public Table getTable(StructType schema, Transform[] partitioning, Map<String, String> properties) {
    return new Both();
  }

  private static final class Both implements SupportsRead, SupportsWrite, ReportsSinkMetrics {
    @Override
    public String name() {
      return "behind";
    }

    @Override
    public StructType schema() {
      return SCHEMA;
    }

    @Override
    public Set<TableCapability> capabilities() {
      return EnumSet.of(TableCapability.MICRO_BATCH_READ, TableCapability.STREAMING_WRITE);
    }

    @Override
    public ScanBuilder newScanBuilder(CaseInsensitiveStringMap options) {
      return Reading::new;
    }

    @Override
    public WriteBuilder newWriteBuilder(LogicalWriteInfo info) {
      return new WriteBuilder() {
        @Override
        public Write build() {
          return new Writing();
        }
      };
    }

    @Override
    public Map<String, String> metrics() {
      return Collections.singletonMap("flushes", "3");
    }
  }

  private static final class Reading implements Scan {
    @Override
    public StructType readSchema() {
      return SCHEMA;
    }

    @Override
    public MicroBatchStream toMicroBatchStream(String checkpointLocation) {
      return new Stream();
    }
  }

  private static final class Place extends Offset {
    private final long number;

    Place(long number) {
      this.number = number;
    }

    @Override
    public String json() {
      return Long.toString(number);
    }
  }

  private static final class Stream
      implements MicroBatchStream, SupportsAdmissionControl, ReportsSourceMetrics {
    private static final long NEWEST = 1_000_000;

    @Override
    public Offset initialOffset() {
      return new Place(0);
    }

    @Override
    public Offset deserializeOffset(String json) {
      return new Place(Long.parseLong(json));
    }

    @Override
    public Offset latestOffset() {
      throw new UnsupportedOperationException("Spark gives a limit where it can be kept");
    }

    @Override
    public Offset latestOffset(Offset start, ReadLimit limit) {
      return new Place(((Place) start).number + 1);
    }

    @Override
    public Offset reportLatestOffset() {
      return new Place(NEWEST);
    }

    @Override
    public Map<String, String> metrics(Optional<Offset> latestConsumedOffset) {
      Map<String, String> metrics = new HashMap<>();
      metrics.put("maxOffsetsBehindLatest", "3");
      metrics.put("minOffsetsBehindLatest", "1");
      metrics.put("avgOffsetsBehindLatest", "2.0");
      metrics.put("estimatedTotalBytesBehindLatest", "1024");
      metrics.put("reconnects", "5");
      return metrics;
    }

    @Override
    public InputPartition[] planInputPartitions(Offset start, Offset end) {
      return new InputPartition[0];
    }

    @Override
    public PartitionReaderFactory createReaderFactory() {
      return partition -> {
        throw new UnsupportedOperationException("there is no partition");
      };
    }

    @Override
    public void commit(Offset end) {}

    @Override
    public void stop() {}
  }

  private static final class Writing implements Write, StreamingWrite {
    @Override
    public StreamingWrite toStreaming() {
      return this;
    }

    @Override
    public StreamingDataWriterFactory createStreamingWriterFactory(PhysicalWriteInfo info) {
      return (partition, task, epoch) -> new Nowhere();
    }

    @Override
    public void commit(long epoch, WriterCommitMessage[] messages) {}

    @Override
    public void abort(long epoch, WriterCommitMessage[] messages) {}
  }

  private static final class Nowhere implements DataWriter<InternalRow> {
    @Override
    public void write(InternalRow row) {}

    @Override
    public WriterCommitMessage commit() {
      return null;
    }

    @Override
    public void abort() {}

    @Override
    public void close() {}
  }
}
