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
    .systemLibrary(name: "CCurl"),
    .systemLibrary(name: "CCrypto"),
    .target(name: "CLinux"),
    .target(name: "Domain"),
    .target(name: "Checksums", dependencies: ["CCrypto", "Domain"]),
    .target(name: "Console", dependencies: ["Domain", logging]),
    .target(name: "Settings", dependencies: ["Domain"]),
    .target(name: "HTTP", dependencies: ["CCurl", "Domain"]),
    .target(name: "ModelFiles", dependencies: ["Domain"]),
    .target(name: "Hub", dependencies: ["HTTP", "Domain"]),
    .target(name: "Fit", dependencies: ["ModelFiles", "Domain", subprocess]),
    .target(name: "Catalog", dependencies: ["Domain", grdb]),
    .target(name: "Downloads", dependencies: ["Hub", "HTTP", "Catalog", "Checksums", "CLinux", "Domain"]),
    .target(name: "Smoke", dependencies: ["ModelFiles", "CLinux", "Domain", subprocess]),
    .target(name: "Digest", dependencies: ["Catalog", "Console", "Domain"]),
    .target(name: "HubServer", dependencies: ["Checksums", "Domain", flyingFox]),
    .target(
      name: "Watch",
      dependencies: [
        "Catalog", "Digest", "Downloads", "Fit", "Hub", "HTTP", "ModelFiles", "Settings", "Smoke", "Console",
        "Domain", logging, lifecycle,
      ]),
    .target(name: "TestSupport", path: "Tests/Support"),
    .testTarget(name: "DomainTests", dependencies: ["Domain"]),
    .testTarget(name: "ConsoleTests", dependencies: ["Console"]),
    .testTarget(name: "SettingsTests", dependencies: ["Settings"]),
    .testTarget(name: "HTTPTests", dependencies: ["HTTP"]),
    .testTarget(name: "ModelFilesTests", dependencies: ["ModelFiles"]),
    .testTarget(name: "FitTests", dependencies: ["Fit"]),
    .testTarget(name: "CatalogTests", dependencies: ["Catalog"]),
    .testTarget(name: "DigestTests", dependencies: ["Digest"]),
  ],
  swiftLanguageModes: [.v6]
)
