// swift-tools-version: 6.2
import PackageDescription

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let flyingFox = Target.Dependency.product(name: "FlyingFox", package: "FlyingFox")
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
    .systemLibrary(name: "CCrypto"),
    .target(name: "CLinux"),
    .target(name: "Domain"),
    .target(name: "Checksums", dependencies: ["CCrypto", "Domain"]),
    .target(name: "Console", dependencies: ["Domain", logging]),
    .target(name: "Settings", dependencies: ["Domain"]),
    .target(name: "ModelFiles", dependencies: ["Domain"]),
    .target(name: "Fit", dependencies: ["ModelFiles", "Domain", subprocess]),
    .target(name: "Catalog", dependencies: ["Domain", grdb]),
    .target(name: "Digest", dependencies: ["Catalog", "Console", "Domain"]),
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "DomainTests", dependencies: ["Domain"]),
    .testTarget(name: "ConsoleTests", dependencies: ["Console"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings", "TestSupport"]),
    .testTarget(name: "FitTests", dependencies: ["Fit", "TestSupport"]),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog", "TestSupport", grdb]),
    .testTarget(name: "DigestTests", dependencies: ["Digest", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6]
)
