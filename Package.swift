// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
let flyingSocks = Target.Dependency.product(name: "FlyingSocks", package: "FlyingFox")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

// The rooms, from the ground up: a target depends only on targets above it.
let package = Package(
  name: "hubwatch",
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CCurl"),
    .systemLibrary(name: "CCrypto"),
    .target(name: "CLinux"),
    .target(name: "CJobs"),
    // Tests run the kernels too, and C without optimisation is many times slower.
    .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),
    .target(name: "Domain"),
    .target(name: "JSONText", dependencies: ["Domain"]),
    .target(name: "Checksums", dependencies: ["CCrypto", "Domain"]),
    .target(name: "Console", dependencies: ["Domain", logging]),
    .target(name: "Settings", dependencies: ["Domain"]),
    .target(name: "HTTP", dependencies: ["CCurl", "Domain"]),
    .target(name: "ModelFiles", dependencies: ["JSONText", "Domain"]),
    .target(name: "Hub", dependencies: ["HTTP", "JSONText", "Domain"]),
    .target(name: "Fit", dependencies: ["ModelFiles", "Domain", subprocess]),
    .target(name: "Catalog", dependencies: ["Domain", grdb, sqlite]),
    .target(name: "Downloads", dependencies: ["Hub", "HTTP", "Catalog", "Checksums", "CLinux", "Domain"]),
    .target(name: "Inference", dependencies: ["ModelFiles", "CKernels", "Domain"]),
    .target(name: "Smoke", dependencies: ["Inference", "JSONText", "ModelFiles", "CLinux", "Domain", subprocess]),
    .target(name: "Upstreams", dependencies: ["Domain", subprocess]),
    .target(name: "Digest", dependencies: ["Catalog", "Console", "Domain"]),
    .target(name: "Page", dependencies: ["Catalog", "Console", "Digest", "Domain", "Fit"]),
    .target(name: "HubServer", dependencies: ["Checksums", "Domain", flyingFox, flyingSocks]),
    .target(
      name: "Watch",
      dependencies: [
        "Catalog", "Checksums", "CJobs", "CLinux", "Digest", "Downloads", "Fit", "Hub", "HTTP", "ModelFiles",
        "Settings",
        "Smoke", "Console", "Domain", "Upstreams", logging, lifecycle,
      ]),
    .target(
      name: "Doctor",
      dependencies: ["Catalog", "CLinux", "Downloads", "Fit", "Settings", "Watch", "Domain"]),
    .target(
      name: "Units", dependencies: ["Checksums", "Domain"],
      resources: [
        "hubwatch.service", "hubwatch-run.service", "hubwatch-run.timer", "hubwatch-digest.service",
        "hubwatch-digest.timer", "hubwatch-deliver.service", "hubwatch-failed@.service", "hubwatch-scrub.service",
        "hubwatch-scrub.timer", "hubwatch-smoke.socket",
        "hubwatch-smoke@.service", "hubwatch.sysusers", "hubwatch.tmpfiles",
      ].map { .embedInCode("../../systemd/\($0)") }),
    .executableTarget(
      name: "hubwatch",
      dependencies: [
        "Catalog", "CLinux", "Console", "Digest", "Doctor", "Domain", "Downloads", "Fit", "Hub", "HubServer", "HTTP",
        "Inference", "ModelFiles", "Page", "Settings", "Smoke", "Units", "Upstreams", "Watch", argumentParser, logging,
        subprocess,
      ]),
    .target(
      name: "TestSupport",
      dependencies: ["Checksums", "CKernels", "FuzzSupport", "Hub", "HubServer", "ModelFiles", "Smoke", "Domain"],
      path: "Tests/Support"),
    .executableTarget(
      name: "simulated-hub", dependencies: ["TestSupport", argumentParser], path: "Benchmarks/SimulatedHubServer"),
    .target(name: "BenchSupport", path: "Benchmarks/Support"),
    .executableTarget(
      name: "poll-bench",
      dependencies: ["BenchSupport", "Catalog", "Hub", "HTTP", "Settings", "Watch", "Domain", argumentParser],
      path: "Benchmarks/PollBench"),
    .executableTarget(
      name: "fit-bench", dependencies: ["BenchSupport", "BigCatalog", "Fit", "ModelFiles", "Domain", argumentParser],
      path: "Benchmarks/FitBench"),
    .target(name: "BigCatalog", dependencies: ["Catalog", "Fit", "Domain"], path: "Benchmarks/BigCatalog"),
    .executableTarget(
      name: "daemon-bench",
      dependencies: ["BenchSupport", "BigCatalog", "HubServer", "Watch", "Domain", argumentParser],
      path: "Benchmarks/DaemonBench"),
    .executableTarget(
      name: "page-bench", dependencies: ["BenchSupport", "Catalog", "Fit", "Domain", argumentParser],
      path: "Benchmarks/PageBench"),
    .executableTarget(
      name: "digest-bench", dependencies: ["BenchSupport", "Catalog", "Domain", argumentParser],
      path: "Benchmarks/DigestBench"),
    .executableTarget(
      name: "download-bench", dependencies: ["BenchSupport", "LoopbackServer", argumentParser],
      path: "Benchmarks/DownloadBench"),
    .executableTarget(
      name: "core-bench",
      dependencies: ["CLinux", "BenchSupport", "Inference", "ModelFiles", "TestSupport", argumentParser],
      path: "Benchmarks/CoreBench", exclude: ["llama_bench.py", "quantize.py"]),
    .executableTarget(
      name: "broken-zoo", dependencies: ["TestSupport", "Smoke", "Domain", argumentParser], path: "Benchmarks/BrokenZoo"
    ),
    .executableTarget(
      name: "smoke-bench", dependencies: ["BenchSupport", argumentParser], path: "Benchmarks/SmokeBench"),
    .target(name: "FuzzSupport", dependencies: ["Fit", "ModelFiles", "Domain"], path: "Tests/FuzzSupport"),
    .target(
      name: "CoreFuzzSupport", dependencies: ["FuzzSupport", "Inference", "ModelFiles", "Domain"],
      path: "Tests/CoreFuzzSupport"),
    .executableTarget(
      name: "core-fuzz", dependencies: ["CoreFuzzSupport", "FuzzSupport", "ModelFiles", "Domain", argumentParser],
      path: "Benchmarks/CoreFuzz"),
    .executableTarget(
      name: "header-fuzz", dependencies: ["FuzzSupport", "ModelFiles", "Domain", argumentParser],
      path: "Benchmarks/HeaderFuzz"),
    .target(name: "LoopbackServer", path: "Tests/HTTPTests/LoopbackServer"),
    .testTarget(name: "DomainTests", dependencies: ["Domain"]),
    .testTarget(name: "JSONTextTests", dependencies: ["JSONText", "Domain", "TestSupport"]),
    .testTarget(name: "ConsoleTests", dependencies: ["Console"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings", "TestSupport"]),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP", "Domain", "LoopbackServer"], exclude: ["LoopbackServer"]),
    .testTarget(name: "ModelFilesTests", dependencies: ["ModelFiles", "Domain", "TestSupport"]),
    .testTarget(
      name: "HubTests", dependencies: ["Hub", "HTTP", "JSONText", "Domain", "LoopbackServer", "TestSupport"]),
    .testTarget(name: "FitTests", dependencies: ["Fit", "FuzzSupport", "TestSupport"], exclude: ["Corpus"]),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog", "TestSupport", grdb]),
    .testTarget(
      name: "DownloadsTests",
      dependencies: [
        "Downloads", "Hub", "HTTP", "Catalog", "Checksums", "HubServer", "LoopbackServer", "Domain", "TestSupport",
      ]),
    .testTarget(
      name: "StreetTests",
      dependencies: [
        "hubwatch", "Catalog", "Checksums", "Downloads", "HubServer", "ModelFiles", "Smoke", "Watch", "Domain",
        "TestSupport",
        subprocess,
      ]),
    .testTarget(
      name: "TortureTests",
      dependencies: ["Downloads", "hubwatch", "Checksums", "HubServer", "ModelFiles", "Domain", "TestSupport", grdb],
      exclude: ["Shim"]),
    .executableTarget(
      name: "kernel-check", dependencies: ["CKernels"], path: "Tests/InferenceTests/KernelCheck",
      cSettings: [.headerSearchPath("../../../Sources/CKernels")], linkerSettings: [.linkedLibrary("m")]),
    .testTarget(
      name: "InferenceTests",
      dependencies: [
        "kernel-check", "Inference", "ModelFiles", "CKernels", "CoreFuzzSupport", "Domain", "TestSupport",
      ],
      exclude: ["Corpus", "KernelCheck", "References", "gguf_blocks.py"]),
    .executableTarget(
      name: "misbehaver", dependencies: ["Smoke", "Domain"], path: "Tests/SmokeTests/Misbehaver"),
    .testTarget(
      name: "SmokeTests",
      dependencies: [
        "misbehaver", "Smoke", "Checksums", "Inference", "JSONText", "ModelFiles", "Settings", "Domain", "TestSupport",
      ],
      exclude: ["Misbehaver", "References"]),
    .testTarget(
      name: "UpstreamsTests",
      dependencies: ["Upstreams", "Watch", "Catalog", "Settings", "LoopbackServer", "Domain", "TestSupport"]),
    .testTarget(
      name: "WatchTests",
      dependencies: [
        "Catalog", "Domain", "HTTP", "Hub", "LoopbackServer", "Settings", "TestSupport", "Watch", grdb, logging,
      ]),
    .testTarget(
      name: "DeliveryTests",
      dependencies: [
        "hubwatch", "Digest", "Domain", "FuzzSupport", "HTTP", "LoopbackServer", "Settings", "TestSupport", "Watch",
      ], exclude: ["smtp_server.py", "read_mails.py"]),
    .testTarget(
      name: "PollTests",
      dependencies: ["Catalog", "Domain", "Fit", "HTTP", "Hub", "ModelFiles", "Settings", "TestSupport", "Watch", grdb]),
    .target(
      name: "FortnightSupport",
      dependencies: [
        "Catalog", "Domain", "Fit", "HTTP", "Hub", "ModelFiles", "Settings", "TestSupport", "Watch",
      ], path: "Tests/FortnightSupport"),
    .executableTarget(
      name: "one-cycle", dependencies: ["FortnightSupport", "TestSupport"], path: "Tests/FortnightTests/OneCycle"),
    .testTarget(
      name: "FortnightTests",
      dependencies: [
        "one-cycle", "hubwatch", "FortnightSupport", "Catalog", "Console", "Digest", "Domain", "Downloads", "Hub",
        "Settings",
        "Watch", "TestSupport",
      ], exclude: ["Golden", "OneCycle"]),
    .testTarget(
      name: "HubwatchTests",
      dependencies: [
        "hubwatch", "Catalog", "Checksums", "Digest", "FuzzSupport", "Hub", "ModelFiles", "Settings", "Watch",
        "TestSupport",
      ]),
    .testTarget(
      name: "DoctorTests", dependencies: ["Doctor", "Catalog", "Hub", "Settings", "Watch", "Domain", "TestSupport"]),
    .testTarget(name: "UnitsTests", dependencies: ["Units", "TestSupport", subprocess]),
    .testTarget(
      name: "PageTests", dependencies: ["Page", "Catalog", "Digest", "Fit", "hubwatch", "Domain", "TestSupport"],
      exclude: ["look.py"]),
    .testTarget(name: "DigestTests", dependencies: ["Digest", "TestSupport"]),
    .testTarget(
      name: "HubServerTests", dependencies: ["HubServer", "Checksums", "Domain"], exclude: ["hub_client.py"]),
  ],
  swiftLanguageModes: [.v6]
)
