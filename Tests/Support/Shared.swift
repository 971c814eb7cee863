import Foundation

/// Files of the data folder beside the package, which a checkout need not have.
public enum Shared {
  /// The folder.
  public static let folder = URL(filePath: SharedData.packageRoot).deletingLastPathComponent().appending(path: "shared")

  /// Whether a file or folder is there.
  public static func has(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.appending(path: path).path)
  }

  /// Where it lies, or would.
  public static func path(_ path: String) -> String { folder.appending(path: path).path }

  /// A whole file.
  public static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appending(path: path)))
  }
}
