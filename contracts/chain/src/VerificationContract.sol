// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {ContentRegistry} from "./ContentRegistry.sol";

/// @title Certificates: who verified a content, how, and until when
/// @notice A certificate is issued once, may be revoked once, and is never deleted.
contract VerificationContract is AccessControlDefaultAdminRules, Pausable {
    /// @notice Holder may issue certificates and revoke its own.
    bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
    /// @notice Holder may revoke any certificate.
    bytes32 public constant REVOKER_ROLE = keccak256("REVOKER_ROLE");
    /// @notice Holder may stop the issue of certificates; revocation never stops.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice One verification of one content.
    struct Certificate {
        bytes32 contentHash;
        /// Hash of the record that the verification rests on (leaf of the audit log).
        bytes32 evidenceHash;
        address issuer;
        uint64 issuedAt;
        /// Block time from which the certificate no longer holds, in seconds; 0 for never.
        uint64 expiresAt;
        /// Block time of the revocation, in seconds; 0 for none.
        uint64 revokedAt;
        /// Why it was revoked: hash of the reason's record.
        bytes32 revocationReason;
    }

    /// @notice Register of the contents that are certified.
    ContentRegistry public immutable registry;

    /// @notice Certificates so far; ids run from 1 to this.
    uint256 public certificateCount;
    /// @notice Certificates of a content that are not revoked, the expired ones included.
    mapping(bytes32 contentHash => uint256) public standingCount;

    mapping(uint256 certificateId => Certificate) private _certificates;
    mapping(bytes32 contentHash => uint256[]) private _history;

    /// @notice A certificate was issued.
    event CertificateIssued(
        uint256 indexed certificateId,
        bytes32 indexed contentHash,
        address indexed issuer,
        bytes32 evidenceHash,
        uint64 expiresAt
    );
    /// @notice A certificate was revoked.
    event CertificateRevoked(
        uint256 indexed certificateId, bytes32 indexed contentHash, address indexed by, bytes32 reason
    );

    /// @notice There is no certificate of that id.
    error UnknownCertificate(uint256 certificateId);
    /// @notice The certificate was revoked before.
    error AlreadyRevoked(uint256 certificateId);
    /// @notice The caller neither issued the certificate nor may revoke any.
    error NotRevoker(uint256 certificateId, address caller);
    /// @notice The content is not in the register.
    error NotRegistered(bytes32 contentHash);
    /// @notice The certificate would end before it begins.
    error BadExpiry(uint64 expiresAt);
    /// @notice A certificate rests on a record: its hash is not zero.
    error NoEvidence();

    /// @param adminDelayS seconds between the offer and the acceptance of the admin role
    /// @param admin multi-signature wallet that grants roles
    /// @param registry_ register that has granted its VERIFIER_ROLE to this contract
    constructor(uint48 adminDelayS, address admin, ContentRegistry registry_)
        AccessControlDefaultAdminRules(adminDelayS, admin)
    {
        registry = registry_;
    }

    /// @notice Certifies a registered content; the register then shows it as verified.
    /// @param contentHash SHA-256 of the content
    /// @param evidenceHash leaf hash of the record that the verification rests on
    /// @param expiresAt block time at which it ends, in seconds; 0 for never
    /// @return certificateId id of the certificate
    function issueCertificate(bytes32 contentHash, bytes32 evidenceHash, uint64 expiresAt)
        external
        onlyRole(ISSUER_ROLE)
        whenNotPaused
        returns (uint256 certificateId)
    {
        if (evidenceHash == 0) revert NoEvidence();
        if (expiresAt != 0 && expiresAt <= block.timestamp) revert BadExpiry(expiresAt);
        if (registry.tokenIds(contentHash) == 0) revert NotRegistered(contentHash);
        certificateId = ++certificateCount;
        Certificate storage certificate = _certificates[certificateId];
        certificate.contentHash = contentHash;
        certificate.evidenceHash = evidenceHash;
        certificate.issuer = msg.sender;
        certificate.issuedAt = uint64(block.timestamp);
        certificate.expiresAt = expiresAt;
        _history[contentHash].push(certificateId);
        uint256 standing = ++standingCount[contentHash];
        emit CertificateIssued(certificateId, contentHash, msg.sender, evidenceHash, expiresAt);
        if (standing == 1) registry.setVerified(contentHash, true);
    }

    /// @notice Revokes a certificate; the register shows the content as unverified once none stands.
    /// @param certificateId id of the certificate
    /// @param reason hash of the record that says why
    function revokeCertificate(uint256 certificateId, bytes32 reason) external {
        Certificate storage certificate = _certificates[certificateId];
        if (certificate.issuedAt == 0) revert UnknownCertificate(certificateId);
        if (certificate.revokedAt != 0) revert AlreadyRevoked(certificateId);
        bool own = certificate.issuer == msg.sender && hasRole(ISSUER_ROLE, msg.sender);
        if (!own && !hasRole(REVOKER_ROLE, msg.sender)) revert NotRevoker(certificateId, msg.sender);
        certificate.revokedAt = uint64(block.timestamp);
        certificate.revocationReason = reason;
        bytes32 contentHash = certificate.contentHash;
        uint256 standing = --standingCount[contentHash];
        emit CertificateRevoked(certificateId, contentHash, msg.sender, reason);
        if (standing == 0) registry.setVerified(contentHash, false);
    }

    /// @notice Stops the issue of certificates.
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @notice Resumes the issue of certificates.
    function unpause() external onlyRole(DEFAULT_ADMIN_ROLE) {
        _unpause();
    }

    /// @notice One certificate.
    /// @param certificateId id of the certificate
    function certificateOf(uint256 certificateId) external view returns (Certificate memory) {
        if (_certificates[certificateId].issuedAt == 0) revert UnknownCertificate(certificateId);
        return _certificates[certificateId];
    }

    /// @notice Whether a certificate holds now: issued, not revoked, not expired.
    /// @param certificateId id of the certificate
    function isValid(uint256 certificateId) public view returns (bool) {
        Certificate storage certificate = _certificates[certificateId];
        return certificate.issuedAt != 0 && certificate.revokedAt == 0
            && (certificate.expiresAt == 0 || block.timestamp < certificate.expiresAt);
    }

    /// @notice Whether one of the newest certificates of a content holds now.
    /// @param contentHash SHA-256 of the content
    /// @param newest how many of its certificates to look at, from the newest back
    function isAuthentic(bytes32 contentHash, uint256 newest) external view returns (bool) {
        uint256[] storage history = _history[contentHash];
        uint256 length = history.length;
        for (uint256 i = 0; i < newest && i < length; ++i) {
            if (isValid(history[length - 1 - i])) return true;
        }
        return false;
    }

    /// @notice How many certificates a content ever had.
    /// @param contentHash SHA-256 of the content
    function historyLength(bytes32 contentHash) external view returns (uint256) {
        return _history[contentHash].length;
    }

    /// @notice A page of the ids of a content's certificates, oldest first.
    /// @param contentHash SHA-256 of the content
    /// @param from first position, from 0
    /// @param count most ids
    function historyOf(bytes32 contentHash, uint256 from, uint256 count)
        external
        view
        returns (uint256[] memory page)
    {
        uint256[] storage history = _history[contentHash];
        if (from >= history.length) return new uint256[](0);
        uint256 left = history.length - from;
        page = new uint256[](count < left ? count : left);
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = history[from + i];
        }
    }
}
