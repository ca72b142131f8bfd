// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Test} from "forge/Test.sol";
import {AuditAnchor} from "../src/AuditAnchor.sol";
import {ContentRegistry} from "../src/ContentRegistry.sol";
import {ProvenanceContract} from "../src/ProvenanceContract.sol";
import {Rfc6962Verifier} from "../src/Rfc6962Verifier.sol";
import {VerificationContract} from "../src/VerificationContract.sol";

/// @notice Gas of each call that costs something, as it runs in a block: slots are cold before it.
/// @dev forge writes what is measured; a test compares it with contracts/chain/gas.json.
contract GasTest is Test {
    address internal constant HOT = address(0x407);
    AuditAnchor internal anchors;
    ContentRegistry internal registry;
    VerificationContract internal verification;
    ProvenanceContract internal provenance;
    Rfc6962Verifier internal verifier;
    bytes32 internal constant LOG = keccak256("log");
    string internal constant MODEL = "witan-model-1";
    string internal constant CID = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

    function setUp() public {
        vm.warp(1_000_000);
        anchors = new AuditAnchor(1 days, address(this), address(this), type(uint32).max, 0);
        anchors.grantRole(anchors.ANCHOR_ROLE(), HOT);
        registry = new ContentRegistry(1 days, address(this));
        verification = new VerificationContract(1 days, address(this), registry);
        registry.grantRole(registry.VERIFIER_ROLE(), address(verification));
        verification.grantRole(verification.ISSUER_ROLE(), HOT);
        provenance = new ProvenanceContract(1 days, address(this), registry);
        verifier = new Rfc6962Verifier();
        vm.startPrank(HOT);
        anchors.anchor(LOG, 0, keccak256("first"), 1);
        anchors.anchorMany(steps(0, 1, 256));
        for (uint256 i = 0; i < 3; ++i) {
            registry.commit(HOT, registry.commitmentOf(HOT, bytes32(i + 1), MODEL, CID, 0));
        }
        vm.warp(1_000_100);
        registry.registerContent(bytes32(uint256(1)), MODEL, CID);
        registry.registerContent(bytes32(uint256(2)), MODEL, CID);
        provenance.registerModel(keccak256("artefact"), MODEL, "1.0.0");
        provenance.recordLineage(
            bytes32(uint256(1)), ProvenanceContract.Origin.Generated, keccak256("artefact"), LOG, new bytes32[](0)
        );
        verification.issueCertificate(bytes32(uint256(2)), LOG, 0);
        vm.stopPrank();
    }

    function steps(uint256 from, uint64 size, uint256 count) internal pure returns (AuditAnchor.Step[] memory list) {
        list = new AuditAnchor.Step[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes32 prev = from == 0 ? bytes32(0) : keccak256(abi.encode(i, from));
            list[i] = AuditAnchor.Step(keccak256(abi.encode("log", i)), prev, keccak256(abi.encode(i, size)), size);
        }
    }

    function test_gas_anchor() public {
        vm.prank(HOT);
        anchors.anchor(LOG, keccak256("first"), keccak256("second"), 4_097);
        vm.snapshotGasLastCall("gas", "AuditAnchor.anchor");
    }

    function test_gas_anchorFirst() public {
        vm.prank(HOT);
        anchors.anchor(keccak256("new log"), 0, keccak256("second"), 4_097);
        vm.snapshotGasLastCall("gas", "AuditAnchor.anchor, first of a log");
    }

    function test_gas_anchorMany1() public {
        many(1, "AuditAnchor.anchorMany of 1");
    }

    function test_gas_anchorMany10() public {
        many(10, "AuditAnchor.anchorMany of 10");
    }

    function test_gas_anchorMany50() public {
        many(50, "AuditAnchor.anchorMany of 50");
    }

    function test_gas_anchorMany256() public {
        many(256, "AuditAnchor.anchorMany of 256");
    }

    function many(uint256 count, string memory name) internal {
        AuditAnchor.Step[] memory batch = steps(1, 2, count);
        vm.prank(HOT);
        anchors.anchorMany(batch);
        vm.snapshotGasLastCall("gas", name);
    }

    function test_gas_openEpoch() public {
        anchors.openEpoch(LOG, keccak256("other"), 1);
        vm.snapshotGasLastCall("gas", "AuditAnchor.openEpoch");
    }

    function test_gas_commit() public {
        registry.commit(HOT, keccak256("commitment"));
        vm.snapshotGasLastCall("gas", "ContentRegistry.commit");
    }

    function test_gas_registerContent() public {
        vm.prank(HOT);
        registry.registerContent(bytes32(uint256(3)), MODEL, CID);
        vm.snapshotGasLastCall("gas", "ContentRegistry.registerContent");
    }

    function test_gas_transfer() public {
        vm.prank(HOT);
        registry.transferFrom(HOT, address(0xB0B), 1);
        vm.snapshotGasLastCall("gas", "ContentRegistry.transferFrom");
    }

    function test_gas_issueCertificate() public {
        vm.prank(HOT);
        verification.issueCertificate(bytes32(uint256(1)), LOG, 0);
        vm.snapshotGasLastCall("gas", "VerificationContract.issueCertificate");
    }

    function test_gas_revokeCertificate() public {
        vm.prank(HOT);
        verification.revokeCertificate(1, LOG);
        vm.snapshotGasLastCall("gas", "VerificationContract.revokeCertificate");
    }

    function test_gas_registerModel() public {
        provenance.registerModel(keccak256("other"), MODEL, "1.0.0");
        vm.snapshotGasLastCall("gas", "ProvenanceContract.registerModel");
    }

    function test_gas_recordLineage() public {
        bytes32[] memory parents = new bytes32[](1);
        parents[0] = bytes32(uint256(1));
        vm.prank(HOT);
        provenance.recordLineage(
            bytes32(uint256(2)), ProvenanceContract.Origin.Modified, keccak256("artefact"), LOG, parents
        );
        vm.snapshotGasLastCall("gas", "ProvenanceContract.recordLineage, one parent");
    }

    function test_gas_inclusion() public {
        bytes32[] memory proof = new bytes32[](20);
        bytes32 root = keccak256("leaf");
        for (uint256 i = 0; i < 20; ++i) {
            proof[i] = keccak256(abi.encode(i));
            root = sha256(abi.encodePacked(bytes1(0x01), root, proof[i]));
        }
        bool found = verifier.verifyInclusion(0, uint64(1) << 20, keccak256("leaf"), root, proof);
        vm.snapshotGasLastCall("gas", "Rfc6962Verifier.verifyInclusion of 20 hashes");
        isTrue(found, "included");
    }
}
