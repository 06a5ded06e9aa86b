package io.sparkexporter.action;

import io.sparkexporter.event.EventFailed;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;

/** The sessions that clients of Spark Connect have in this JVM. Nothing of it is public, and it is not always there. */
final class ConnectSessions {
  private static final String SERVICE = "org.apache.spark.sql.connect.service.SparkConnectService$";

  private ConnectSessions() {}

  /** Returns none where there is no server; fails where there is one that does not show its sessions. */
  static List<SparkSession> all() throws EventFailed {
    List<SparkSession> sessions = new ArrayList<>();
    try {
      // Of the context, for Spark 3.5 takes the server from the user's jars.
      Class<?> type = Class.forName(SERVICE, true, Thread.currentThread().getContextClassLoader());
      Object service = type.getField("MODULE$").get(null);
      if (call(service, "server") != null) {
        for (Object holder : holders(service).values()) {
          sessions.add((SparkSession) call(holder, "session"));
        }
      }
    } catch (ClassNotFoundException notThere) {
      return sessions;
    } catch (ReflectiveOperationException | RuntimeException | LinkageError otherVersion) {
      throw new EventFailed("the sessions of Spark Connect cannot be found in this version of Spark: " + otherVersion);
    }
    return sessions;
  }

  private static Map<?, ?> holders(Object service) throws ReflectiveOperationException {
    Object manager;
    try {
      manager = call(service, "sessionManager");
    } catch (NoSuchMethodException spark3) {
      return (Map<?, ?>) call(field(service, "userSessionMapping"), "asMap");
    }
    return (Map<?, ?>) field(manager, "sessionStore");
  }

  private static Object call(Object target, String name) throws ReflectiveOperationException {
    Method method = target.getClass().getMethod(name);
    method.setAccessible(true);
    return method.invoke(target);
  }

  private static Object field(Object target, String name) throws ReflectiveOperationException {
    Field field = target.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(target);
  }
}
