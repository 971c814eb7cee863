import BenchSupport
import Foundation
import Glibc

/// The program serving its page, and a client that asks for one view after the other.
final class ServedPage {
  private let process = Process()
  private let port: UInt16

  /// Starts the program and waits until it has said its address.
  ///
  /// - Parameter folder: holds `state`.
  init(program: String, folder: String) throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["serve", "--port", "0"]
    try FileManager.default.createDirectory(atPath: "\(folder)/config/hubwatch", withIntermediateDirectories: true)
    try Data("[device]\nvram = 12\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/config/hubwatch/config.toml"))
    process.environment = [
      "HUBWATCH_STATE": "\(folder)/state", "XDG_CONFIG_HOME": "\(folder)/config", "HOME": folder,
      "HF_HUB_CACHE": "\(folder)/cache",
      "LD_LIBRARY_PATH": ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "",
    ]
    process.standardOutput = output
    try process.run()
    var line = ""
    while let byte = try output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
      line.unicodeScalars.append(Unicode.Scalar(byte))
    }
    guard let match = line.firstMatch(of: /:([0-9]+)\//), let port = UInt16(match.1) else {
      throw Child.Failure(description: "hubwatch serve said: \(line)")
    }
    self.port = port
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// The whole answer to a GET.
  ///
  /// - Throws: `Child.Failure` for anything but 200.
  func get(_ path: String) throws -> [UInt8] {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeBytes(of: &address) { bytes in
      bytes.baseAddress.map { connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), size) } ?? -1
    }
    guard status == 0 else { throw Child.Failure(description: "nobody answers on port \(port)") }
    let request = Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, 0) == request.count else {
      throw Child.Failure(description: "\(path) cannot be asked for")
    }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      answer += buffer[..<count]
    }
    guard answer.starts(with: Array("HTTP/1.1 200 ".utf8)) else {
      throw Child.Failure(description: "\(path): \(String(decoding: answer.prefix(60), as: UTF8.self))")
    }
    return answer
  }
}
