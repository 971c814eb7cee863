import Domain

/// Why a model file cannot be used.
public struct ModelFileError: ReportableError, Equatable {
  /// What kind of trouble it is.
  public enum Kind: Sendable, Equatable {
    /// The operating system refused to open, read or write the file.
    case unreadable
    /// It is some other kind of file.
    case notThisFormat
    /// It ends before what it announces.
    case truncated
    /// It breaks a rule of the format, or one of our limits.
    case malformed
    /// A key that every model of this kind has is missing, has the wrong type or an impossible value.
    case badMetadata
    /// Tensors are missing, or contradict the metadata.
    case badTensors
    /// It is sound, but no decoder-only text model whose dimensions it states.
    case noShape
  }

  /// What kind of trouble it is.
  public let kind: Kind
  /// The file as the caller named it.
  public let file: String
  /// What is wrong, and where.
  public let detail: String

  /// An error about one file; foreign text inside `detail` must have gone through `quoted`.
  public init(_ kind: Kind, file: String, _ detail: String) {
    self.kind = kind
    self.file = file
    self.detail = detail
  }

  /// The file, and what is wrong with it.
  public var problem: String { "\(Self.printable(file, limit: 1024)): \(detail)" }

  /// What to do about it.
  public var advice: String? {
    switch kind {
    case .unreadable: "check the path and its permissions"
    case .notThisFormat: "give a GGUF file (magic GGUF, version 2 or 3)"
    case .truncated: "fetch it again; the download did not finish"
    case .malformed, .badMetadata, .badTensors: "fetch it again, or choose another publisher's file"
    case .noShape: nil
    }
  }

  /// Broken input, or plain failure when the file could not even be read.
  public var exitCode: ExitCode { kind == .unreadable ? .failed : .badInput }

  /// A foreign name for a message: in quotes, control characters escaped, at most 80 characters.
  static func quoted(_ text: String) -> String { "'\(printable(text, limit: 80))'" }

  /// Foreign text on one line: anything but printable characters becomes `\u{…}`.
  private static func printable(_ text: String, limit: Int) -> String {
    var result = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
      if count == limit { return result + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
