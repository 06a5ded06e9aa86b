package io.sparkexporter.driver;

/** What {@code spark-submit} does with the exit code of a Python program: nothing but to exit with it. */
final class SubmitExit {
  private static final String SUBMIT = "org.apache.spark.deploy.SparkSubmit";

  private SubmitExit() {}

  /**
   * Returns whether this JVM is being ended by {@code spark-submit} because the program that it ran has failed.
   *
   * <p>After a program that went well it returns from {@code main}. A program in this JVM that calls {@code System.exit}
   * itself is below {@code runMain}.
   */
  static boolean hasFailed() {
    for (StackTraceElement[] stack : Thread.getAllStackTraces().values()) {
      boolean exits = false;
      boolean submits = false;
      boolean runs = false;
      for (StackTraceElement frame : stack) {
        boolean ofSubmit = frame.getClassName().startsWith(SUBMIT);
        exits |= frame.getClassName().equals("java.lang.Runtime") && frame.getMethodName().equals("exit");
        submits |= ofSubmit && frame.getMethodName().equals("doSubmit");
        runs |= ofSubmit && frame.getMethodName().equals("runMain");
      }
      if (exits && submits && !runs) {
        return true;
      }
    }
    return false;
  }
}
