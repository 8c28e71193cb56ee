package io.millrace.broker;

/** The version that was built. */
public final class BuildVersion {
    private BuildVersion() {}

    /** From the jar's manifest; where there is no jar, "development". */
    public static String text() {
        String version = BuildVersion.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }
}
