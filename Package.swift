// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "hubwatch",
  targets: [
    .systemLibrary(name: "CCrypto"),
    .target(name: "Domain"),
    .target(name: "Checksums", dependencies: ["CCrypto", "Domain"]),
    .testTarget(name: "DomainTests", dependencies: ["Domain"]),
  ],
  swiftLanguageModes: [.v6]
)
