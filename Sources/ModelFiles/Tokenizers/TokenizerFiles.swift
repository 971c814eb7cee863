import Glibc

/// Where the tokenizer of a model lies.
public enum TokenizerFile: Sendable {
  /// A model file with its vocabulary.
  case gguf
  /// Hugging Face's `tokenizer.json`.
  case json
  /// A SentencePiece model.
  case sentencePiece
  /// Base64 tokens and ranks, one pair a line.
  case tiktoken

  /// Bytes of a tokenizer file: several times the largest known.
  public static let byteLimit = 256 << 20

  /// The file of a folder that holds the tokenizer, also of the folder around weights; the path itself when it is something
  /// else.
  ///
  /// - Throws: `ModelFileError.unreadable` when a folder has none.
  public static func locate(_ path: String) throws(ModelFileError) -> String {
    // Weights have their tokenizer beside them.
    if path.hasSuffix(".safetensors") || path.hasSuffix(SafetensorsFolder.indexSuffix) {
      return try locate(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".")
    }
    guard isFolder(path) else { return path }
    let names = ["tokenizer.json", "tokenizer.model", "tiktoken.model"]
    for name in names where exists("\(path)/\(name)") { return "\(path)/\(name)" }
    guard let gguf = firstGGUF(in: path) else {
      throw ModelFileError(
        .unreadable, file: path, "holds no tokenizer.json, no tokenizer.model and no GGUF file")
    }
    return "\(path)/\(gguf)"
  }

  /// Whether a file is there to be read.
  public static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The first GGUF file in alphabetical order: of a split model the part with the header.
  private static func firstGGUF(in path: String) -> String? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while names.count < 10_000, let entry = readdir(folder) {
      // The kernel ends the name with a zero inside of the field.
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".gguf") { names.append(name) }
    }
    return names.min()
  }

  /// What a file is, by its first bytes: names say little, since `tokenizer.model` is used for two formats.
  ///
  /// - Parameter start: at least the first 16 bytes, if there are as many.
  /// - Returns: nil for something else.
  public static func kind(of start: ArraySlice<UInt8>) -> TokenizerFile? {
    if start.starts(with: Array("GGUF".utf8)) { return .gguf }
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    if start.first(where: { !blanks.contains($0) }) == UInt8(ascii: "{") { return .json }
    // A model begins with field 1 (pieces) or 2 (how it was trained), length-delimited.
    if let first = start.first, first == 0x0A || first == 0x12 { return .sentencePiece }
    return start.count >= 4 && start.prefix(4).allSatisfy(Base64.isDigit) ? .tiktoken : nil
  }

  /// The first bytes of a file.
  ///
  /// - Throws: `ModelFileError.unreadable`.
  public static func start(of path: String) throws(ModelFileError) -> [UInt8] {
    try contents(of: path, upTo: 64)
  }

  /// A whole file.
  ///
  /// - Throws: `ModelFileError` when it cannot be read or is larger than any tokenizer.
  public static func contents(of path: String) throws(ModelFileError) -> [UInt8] {
    let bytes = try contents(of: path, upTo: byteLimit + 1)
    guard bytes.count <= byteLimit else {
      throw ModelFileError(.malformed, file: path, "is larger than \(byteLimit) bytes, which no tokenizer is")
    }
    return bytes
  }

  private static func contents(of path: String, upTo limit: Int) throws(ModelFileError) -> [UInt8] {
    let (descriptor, size) = try openForReading(path)
    defer { close(descriptor) }
    return try readBytes(descriptor, count: min(Int(clamping: size), limit), from: 0, file: path)
  }
}

/// The encoding of bytes in four characters for three, RFC 4648.
enum Base64 {
  /// Whether a byte may stand in the encoding.
  static func isDigit(_ byte: UInt8) -> Bool { value(byte) != nil || byte == UInt8(ascii: "=") }

  private static func value(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x41...0x5A: UInt32(byte) - 0x41
    case 0x61...0x7A: UInt32(byte) - 0x61 + 26
    case 0x30...0x39: UInt32(byte) - 0x30 + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  /// The bytes; nil for ill-formed text.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    let digits = text.suffix(2).firstIndex(of: UInt8(ascii: "=")).map { text[..<$0] } ?? text
    guard text[digits.endIndex...].allSatisfy({ $0 == UInt8(ascii: "=") }), digits.count % 4 != 1 else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for byte in digits {
      guard let value = value(byte) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return result
  }
}
