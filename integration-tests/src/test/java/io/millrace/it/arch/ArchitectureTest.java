package io.millrace.it.arch;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;

/** The arrows of docs/design.md, held. A rule that fails names the class and the line. */
@AnalyzeClasses(packages = "io.millrace", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String[] PURE = {
        "io.millrace.record..", "io.millrace.error..", "io.millrace.replication.state.."
    };

    // ---- who may know whom

    @ArchTest
    static final ArchRule protoKnowsNoOtherModule = noClasses()
            .that()
            .resideInAnyPackage(
                    "io.millrace.record..", "io.millrace.error..", "io.millrace.v1..", "io.millrace.internal..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.millrace.storage..",
                    "io.millrace.replication..",
                    "io.millrace.broker..",
                    "io.millrace.client..",
                    "io.millrace.cli..");

    @ArchTest
    static final ArchRule storageKnowsBytesOnly = noClasses()
            .that()
            .resideInAPackage("io.millrace.storage..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.millrace.record..",
                    "io.millrace.error..",
                    "io.millrace.v1..",
                    "io.millrace.internal..",
                    "io.millrace.replication..",
                    "io.millrace.broker..",
                    "io.millrace.client..",
                    "io.millrace.cli..",
                    "org.apache.ratis..",
                    "io.grpc..");

    @ArchTest
    static final ArchRule replicationKnowsNoFrontEnd = noClasses()
            .that()
            .resideInAPackage("io.millrace.replication..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.millrace.broker..",
                    "io.millrace.client..",
                    "io.millrace.cli..",
                    "io.millrace.v1..",
                    "io.grpc..");

    @ArchTest
    static final ArchRule brokerKnowsNoClient = noClasses()
            .that()
            .resideInAPackage("io.millrace.broker..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.millrace.client..", "io.millrace.cli..");

    @ArchTest
    static final ArchRule clientAndCliKnowNoServer = noClasses()
            .that()
            .resideInAnyPackage("io.millrace.client..", "io.millrace.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.millrace.storage..",
                    "io.millrace.replication..",
                    "io.millrace.broker..",
                    "io.millrace.internal..",
                    "org.apache.ratis..",
                    "org.rocksdb..");

    @ArchTest
    static final ArchRule cliSpeaksThroughTheClient = noClasses()
            .that()
            .resideInAPackage("io.millrace.cli..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.millrace.v1..", "io.grpc..");

    // ---- foreign libraries, each in its place

    @ArchTest
    static final ArchRule ratisInOnePackage = noClasses()
            .that()
            .resideOutsideOfPackage("io.millrace.replication.ratis..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.ratis..");

    @ArchTest
    static final ArchRule ratisSettingsInOneClass = noClasses()
            .that()
            .doNotHaveSimpleName("RatisSettings")
            .and()
            .resideOutsideOfPackage("io.millrace.replication.ratis.RatisSettings..")
            .should()
            .dependOnClassesThat()
            .haveSimpleNameEndingWith("ConfigKeys");

    @ArchTest
    static final ArchRule rocksDbInOnePackage = noClasses()
            .that()
            .resideOutsideOfPackage("io.millrace.storage.index..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.rocksdb..");

    @ArchTest
    static final ArchRule nettyBetweenBrokersOnly = noClasses()
            .that()
            .resideInAPackage("io.millrace.replication..")
            .and()
            .resideOutsideOfPackage("io.millrace.replication.peer..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.netty..");

    @ArchTest
    static final ArchRule peerStreamsKnowNamesAndBytesOnly = noClasses()
            .that()
            .resideInAPackage("io.millrace.replication.peer..")
            .should()
            .dependOnClassesThat(resideInAPackage("io.millrace..")
                    .and(resideOutsideOfPackage("io.millrace.replication.peer.."))
                    .or(resideInAPackage("org.apache.ratis..")));

    @ArchTest
    static final ArchRule grpcAtTheEdges = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.millrace.broker.rpc..",
                    "io.millrace.broker.peer..",
                    "io.millrace.client.transport..",
                    "io.millrace.internal.v1..",
                    "io.millrace.v1..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.grpc..");

    @ArchTest
    static final ArchRule clientShowsNoWireType = methods()
            .that()
            .areDeclaredInClassesThat()
            .resideInAPackage("io.millrace.client")
            .and()
            .arePublic()
            .should(showNoWireType());

    // ---- pure code

    @ArchTest
    static final ArchRule pureCodeDoesNoInputOutput = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.nio.channels..",
                    "java.nio.file..",
                    "java.net..",
                    "java.util.concurrent.locks..",
                    "org.slf4j..");

    @ArchTest
    static final ArchRule pureCodeHasNoThreads = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                    Thread.class, java.util.concurrent.Executor.class, java.util.concurrent.ExecutorService.class);

    @ArchTest
    static final ArchRule timeAndChanceAreHandedIn =
            noClasses().that().haveSimpleNameNotEndingWith("Main").should().callMethodWhere(readsTheClockOrSleeps());

    // ---- habits

    @ArchTest
    static final ArchRule noPackageCycles =
            slices().matching("io.millrace.(*).(**)").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule namesSayWhatAThingIs = noClasses()
            .should()
            .haveNameMatching(".*(Impl|Helper|Util|Utils|Manager)")
            .because("such a name hides the idea: find it");

    @ArchTest
    static final ArchRule noStaticState = fields().that()
            .areStatic()
            .and()
            .areDeclaredInClassesThat()
            .resideOutsideOfPackages("io.millrace.v1..", "io.millrace.internal..")
            .should()
            .beFinal();

    @ArchTest
    static final ArchRule exceptionsAreNamedSo =
            classes().that().areAssignableTo(Throwable.class).should().haveSimpleNameEndingWith("Exception");

    private static DescribedPredicate<JavaCall<?>> readsTheClockOrSleeps() {
        return DescribedPredicate.describe("reads a clock, sleeps, or draws lots", call -> {
            String owner = call.getTargetOwner().getName();
            String name = call.getName();
            return (owner.equals("java.lang.System") && (name.equals("currentTimeMillis") || name.equals("nanoTime")))
                    || (owner.equals("java.lang.Thread") && name.equals("sleep"))
                    || (owner.equals("java.lang.Math") && name.equals("random"))
                    || (owner.equals("java.time.Instant") && name.equals("now"));
        });
    }

    private static ArchCondition<JavaMethod> showNoWireType() {
        return new ArchCondition<>("show no gRPC or protobuf type") {
            @Override
            public void check(JavaMethod method, ConditionEvents events) {
                if (!method.getOwner().getModifiers().contains(JavaModifier.PUBLIC)) {
                    return;
                }
                for (JavaClass type : method.getAllInvolvedRawTypes()) {
                    if (type.getName().startsWith("io.grpc.")
                            || type.getName().startsWith("com.google.protobuf.")
                            || type.getName().startsWith("io.millrace.v1.")) {
                        events.add(SimpleConditionEvent.violated(
                                method, method.getFullName() + " shows " + type.getName()));
                    }
                }
            }
        };
    }
}
