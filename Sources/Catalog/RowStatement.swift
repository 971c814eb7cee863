import GRDB
import GRDBSQLite

/// A prepared statement to which values are bound without a box around each: a row of a listing has eighteen.
///
/// Texts are gathered in one buffer, which lives until the statement was executed.
struct RowStatement {
  private let statement: Statement
  private var bytes: [UInt8] = []
  private var pieces: [Piece] = []

  private struct Piece {
    let column: Int32
    let start: Int
    let count: Int
    let isText: Bool
  }

  /// A statement that gives no rows.
  init(_ database: Database, sql: String) throws {
    statement = try database.cachedStatement(sql: sql)
    bytes.reserveCapacity(4096)
    pieces.reserveCapacity(8)
  }

  /// Binds a whole number to the parameter with this number, from 1. What nothing is bound to is NULL.
  func bind(_ column: Int32, _ value: Int64?) {
    guard let value else { return }
    sqlite3_bind_int64(statement.sqliteStatement, column, value)
  }

  /// Binds a number.
  func bind(_ column: Int32, _ value: Double) { sqlite3_bind_double(statement.sqliteStatement, column, value) }

  /// Binds a text.
  mutating func bind(_ column: Int32, _ text: String?) {
    guard let text else { return }
    let start = bytes.count
    bytes.append(contentsOf: text.utf8)
    pieces.append(Piece(column: column, start: start, count: bytes.count - start, isText: true))
  }

  /// Binds what `put` appends: UTF-8 when it is a text.
  mutating func bind(_ column: Int32, isText: Bool = true, _ put: (inout [UInt8]) -> Void) {
    let start = bytes.count
    put(&bytes)
    pieces.append(Piece(column: column, start: start, count: bytes.count - start, isText: isText))
  }

  /// Executes the statement with what was bound, and forgets that.
  ///
  /// - Returns: how many rows it changed.
  /// - Throws: `DatabaseError`.
  mutating func execute() throws -> Int {
    let handle = statement.sqliteStatement
    defer {
      bytes.removeAll(keepingCapacity: true)
      pieces.removeAll(keepingCapacity: true)
    }
    return try bytes.withUnsafeBytes { buffer in
      for piece in pieces {
        // An empty text is not NULL.
        let start = buffer.baseAddress.map { $0 + piece.start } ?? UnsafeRawPointer(Self.nothing.utf8Start)
        // Without a destructor SQLite takes the bytes for constant: they are, until the reset below.
        if piece.isText {
          sqlite3_bind_text64(
            handle, piece.column, start.assumingMemoryBound(to: CChar.self), UInt64(piece.count), nil,
            UInt8(SQLITE_UTF8))
        } else {
          sqlite3_bind_blob64(handle, piece.column, start, UInt64(piece.count), nil)
        }
      }
      let code = sqlite3_step(handle)
      defer {
        // Before the buffer may move: SQLite was lent pointers into it.
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
      }
      let connection = sqlite3_db_handle(handle)
      guard code == SQLITE_DONE else {
        throw DatabaseError(
          resultCode: ResultCode(rawValue: sqlite3_extended_errcode(connection)),
          message: sqlite3_errmsg(connection).map { String(cString: $0) })
      }
      return Int(sqlite3_changes(connection))
    }
  }

  private static let nothing: StaticString = ""
}
