import Catalog
import Foundation

/// How far a person has read.
public enum ReadMark {
  /// The name under which the catalog remembers it, in seconds since 1970.
  public static let name = "digest.read"

  /// The moment up to which everything has been read; nil when nothing was ever marked as read.
  ///
  /// - Throws: `CatalogError`.
  public static func moment(in catalog: Catalog) throws(CatalogError) -> Date? {
    try catalog.mark(name).flatMap { Double($0) }.map { Date(timeIntervalSince1970: $0) }
  }
}
