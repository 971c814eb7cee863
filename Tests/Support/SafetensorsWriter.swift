import Foundation

/// Writes small safetensors files.
public struct SafetensorsWriter: Sendable {
  private var entries: [String] = []
  private var data: [UInt8] = []

  /// An empty file.
  public init() {}

  /// Appends a tensor.
  ///
  /// - Parameter type: the name of the element type: `F16`, `I32` …
  public mutating func add(_ name: String, _ type: String, _ shape: [Int], _ bytes: [UInt8]) {
    entries.append(
      #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(data.count),\#(data.count + bytes.count)]}"#
    )
    data += bytes
  }

  /// Appends 32-bit words.
  public mutating func add(_ name: String, words: [UInt32], _ shape: [Int]) {
    add(name, "I32", shape, words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } })
  }

  /// Appends floats in half precision.
  public mutating func add(_ name: String, halves: [Float], _ shape: [Int]) {
    add(
      name, "F16", shape,
      halves.flatMap { value in
        let bits = Float16(value).bitPattern
        return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
      })
  }

  /// Appends floats.
  public mutating func add(_ name: String, floats: [Float], _ shape: [Int]) {
    add(
      name, "F32", shape,
      floats.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
  }

  /// The whole file.
  public var bytes: [UInt8] {
    let header = Array("{\(entries.joined(separator: ","))}".utf8)
    return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header + data
  }

  /// Writes the file, and a configuration beside it.
  public func write(to folder: String, configuration: String) throws {
    try Data(bytes).write(to: URL(filePath: "\(folder)/model.safetensors"))
    try Data(configuration.utf8).write(to: URL(filePath: "\(folder)/config.json"))
  }
}
